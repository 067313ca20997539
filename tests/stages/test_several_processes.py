"""Stages as several processes on the CPU, of one host or two.

train.py has the same result as in one process with the same batches; of evaluate.py and export.py the main process
works, the others end at once.
"""

import contextlib
import shutil
from pathlib import Path

import pytest
from helpers import tiny
from helpers.launching import TORCHRUN, configured, finish, free_port, start
from helpers.project import ROOT, files_of, run_stage, run_stages, snapshot
from helpers.tiny import BY_LENGTH, TAUGHT, remove_dropout, set_train_params

TRAIN = ROOT / "stages/train.py"


LAUNCHED = [
    ("accelerate", {"engine": "accelerate", "batches": BY_LENGTH, "subwords_per_device": 12, **TAUGHT}),
    pytest.param("torchrun", {"engine": "trainer", "head": "crf", "schedule": "cosine"}, marks=pytest.mark.rare),
]


@pytest.mark.parametrize(("launcher", "changed"), LAUNCHED, ids=["student", "crf"])
def test_two_processes_learn_what_one_does(finished, tmp_path_factory, launcher, changed):
    shutil.copytree("models/finetuned", "data/kept/old")
    # An odd number of sentences: two processes can't share them equally.
    Path("data/tiny/validation.conll").write_text(tiny.conll(tiny.tiny_sentences(5, 1)))
    tiny.set_params(tokenize_align={"lowercase_share": 0.5})
    run_stages("download", "tokenize_align")
    remove_dropout(Path("models/pretrained/encoder"))  # which differs between processes
    set_train_params(epochs=1, **changed)
    run_stage("train")
    expected = tiny.training_results()
    files = set(snapshot(Path()))
    if launcher == "accelerate":
        run = start(TRAIN, **configured(tmp_path_factory.mktemp("home")))
    else:
        run = start(TRAIN, TORCHRUN)
    status, out, err = finish(run)
    assert status == 0, err
    assert out.count("epoch 1/1: ") == 1, "each epoch is printed once"
    assert set(snapshot(Path())) == files
    tiny.assert_same_training(tiny.training_results(), expected, curves=1e-4, weights=2e-3)


def test_process_that_is_not_the_main_one_writes_nothing(finished, monkeypatch, capsys):
    before = snapshot(finished)
    for name, value in {"WORLD_SIZE": "2", "RANK": "1", "MASTER_ADDR": "localhost", "MASTER_PORT": "29500"}.items():
        monkeypatch.setenv(name, value)
    for stage in ("evaluate", "export"):
        with pytest.raises(SystemExit, match="0"):
            run_stage(stage)
        assert capsys.readouterr().out == f"{stage} runs in one process: process 1 of 2 has nothing to do\n"
    assert snapshot(finished) == before


@pytest.mark.rare
def test_two_hosts_learn_what_one_does_and_the_first_writes(finished, tmp_path_factory):
    """Two working copies that meet on the loopback interface, each with its own torchrun."""
    remove_dropout(Path("models/pretrained/encoder"))
    set_train_params(epochs=1)
    folder = tmp_path_factory.mktemp("hosts")
    first, second = (shutil.copytree(finished, folder / f"host{index}") for index in range(2))
    before = files_of(second)
    run_stage("train")
    options = ["--nproc-per-node=1", "--nnodes=2", "--master-addr=127.0.0.1", f"--master-port={free_port()}"]
    started = [
        start(TRAIN, [*TORCHRUN, *options, f"--node-rank={rank}"], host) for rank, host in enumerate((first, second))
    ]
    ended = [finish(process) for process in started]
    assert [status for status, _, _ in ended] == [0, 0], ended
    assert files_of(second) == before
    expected = tiny.training_results()
    with contextlib.chdir(first):
        tiny.assert_same_training(tiny.training_results(), expected, curves=1e-4, weights=2e-3)
