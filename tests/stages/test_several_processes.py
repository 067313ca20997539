"""Stages as several processes on the CPU.

train.py has the same result as in one process with the same batches; of evaluate.py and export.py the main process
works, the others end at once.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from helpers.launching import TORCHRUN, finish, start
from helpers.project import ROOT, run_stage, snapshot
from helpers.tiny import assert_same_training, conll, remove_dropout, set_train_params, tiny_sentences, training_results

BY_LENGTH = {"order": "by_length", "subwords_per_batch": 40, "batch_size": 2}


@pytest.mark.parametrize(
    ("launcher", "changed"),
    [
        ("ours", {"engine": "accelerate", "head": "crf", "batches": BY_LENGTH, "subwords_per_device": 12}),
        pytest.param("torchrun", {"engine": "trainer", "schedule": "cosine"}, marks=pytest.mark.rare),
    ],
)
def test_two_processes_learn_what_one_does(workspace: Path, launcher: str, changed: dict[str, Any]) -> None:
    # An odd number of sentences: two processes can't share them equally.
    (workspace / "data/tiny/validation.conll").write_text(conll(tiny_sentences(5, 1)))
    run_stage("download")
    run_stage("tokenize_align")
    remove_dropout(Path("models/pretrained/encoder"))  # which differs between processes
    set_train_params(epochs=1, **changed)
    run_stage("train")
    expected = training_results()
    files = set(snapshot(Path()))
    command, processes = ((sys.executable,), 2) if launcher == "ours" else (TORCHRUN, 1)
    status, out, err = finish(start(ROOT / "stages/train.py", command, processes))
    assert status == 0, err
    assert out.count("epoch ") == 1, "each epoch is printed once"
    assert set(snapshot(Path())) == files
    assert_same_training(training_results(), expected, curves=1e-4, weights=2e-3)


def test_process_that_is_not_the_main_one_writes_nothing(finished: Path, monkeypatch, capsys) -> None:
    before = snapshot(finished)
    for name, value in {"WORLD_SIZE": "2", "RANK": "1", "MASTER_ADDR": "localhost", "MASTER_PORT": "29500"}.items():
        monkeypatch.setenv(name, value)
    for stage in ("evaluate", "export"):
        with pytest.raises(SystemExit, match="0"):
            run_stage(stage)
        assert capsys.readouterr().out == f"{stage} runs in one process: process 1 of 2 has nothing to do\n"
    assert snapshot(finished) == before
