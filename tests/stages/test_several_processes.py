"""Stages as several processes on the CPU, of one host or two.

train.py has the same result as in one process with the same batches; of evaluate.py and export.py the main process
works, the others end at once. Two hosts are two working copies that meet on the loopback interface, each with its own
torchrun.
"""

import shutil
import signal
from pathlib import Path

import pandas as pd
import pytest
from helpers import tiny
from helpers.launching import TORCHRUN, configured, finish, free_port, start
from helpers.project import ROOT, files_of, json_of, run_stage, run_stages, snapshot
from helpers.tiny import BY_LENGTH, TAUGHT, remove_dropout, set_train_params

TRAIN = ROOT / "stages/train.py"
OUTS = ("models/finetuned", "reports/train.json", "plots/train_loss.csv", "plots/validation.csv")


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


def run(hosts: list[Path], script: Path = TRAIN, **environment: str):
    """Run both hosts to their end, by torchrun.

    Args:
        hosts: their folders.
        script: of host 1.
        environment: additional variables.
    """
    command = [*TORCHRUN, "--nproc-per-node=1", "--nnodes=2", "--master-addr=127.0.0.1", f"--master-port={free_port()}"]
    scripts = (TRAIN, script)
    started = [
        start(scripts[rank], [*command, f"--node-rank={rank}"], folder, **environment)
        for rank, folder in enumerate(hosts)
    ]
    return [finish(process) for process in started]


@pytest.mark.rare
def test_run_of_a_killed_host_continues_from_a_shared_folder(finished, tmp_path_factory):
    remove_dropout(Path("models/pretrained/encoder"))
    set_train_params(epochs=3)
    run_stage("train")
    folder = tmp_path_factory.mktemp("hosts")
    hosts = [shutil.copytree(finished, folder / f"host{index}") for index in range(2)]  # before training
    for host in hosts:
        shutil.rmtree(host / OUTS[0])
        for out in OUTS[1:]:
            (host / out).unlink()
    before = files_of(hosts[0])
    first, second = run(hosts, ROOT / "tests/helpers/killed_host.py")
    assert (first[0], second[0]) == (1, -signal.SIGKILL)
    assert first[2].count("train: another process of this run has ended, or its host is unreachable; its own out") == 1
    assert first[1].count("epoch ") == 2
    assert files_of(hosts[1]) == before, "only the first host writes"
    shared = folder / "shared"
    (hosts[0] / ".work").rename(shared)
    assert files_of(hosts[0]) == before, "and only its work folder"
    first, second = run(hosts, TAGLINE_WORK=str(shared))
    assert (first[0], second[0]) == (0, 0), (first, second)
    note, said = first[1].split("\n", 1)
    assert note.startswith("train.learning_rate: 0.02 is 67 times ")
    assert said.startswith("continuing after step 18 of 27\nepoch 3/3: ")
    assert second[1] == ""
    assert list(shared.rglob("*")) == [shared / "train"]
    # The first host has the outputs of a run in one process, the second has written nothing.
    shutil.rmtree(shared)
    assert files_of(hosts[1]) == before
    assert files_of(hosts[0]).keys() == files_of(finished).keys()
    assert json_of(hosts[0] / OUTS[1]) == json_of(OUTS[1])
    for curve in OUTS[2:]:
        pd.testing.assert_frame_equal(pd.read_csv(hosts[0] / curve), pd.read_csv(curve), rtol=0, atol=1e-4)
