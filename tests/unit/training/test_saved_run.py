"""Saved runs: links to the best weights, and hosts or processes that can't continue a run."""

import os
from unittest.mock import Mock

import pytest
import torch
from accelerate import Accelerator
from torch import nn

from tagline.terminal.errors import UserError
from tagline.training import processes, saved_run
from tagline.training.gradients import schedule
from tagline.training.history import History
from tagline.training.saved_run import SavedRun, _link_files


def start(work, model=None):
    """A run of one weight, restored if it was saved; its next step is saved."""
    accelerator, model = Accelerator(cpu=True), model or nn.Linear(1, 1)
    model, optimizer = accelerator.prepare(model, torch.optim.AdamW(model.parameters()))
    saved = SavedRun(work, History(1), "fp32")
    saved.restore(accelerator, schedule(optimizer, "linear", 0.0, 9))
    saved.history.after_step(0.5)
    saved.save(model, print)
    return saved


@pytest.fixture
def work(tmp_path):
    """The folder of a run that was saved after its first step."""
    start(tmp_path)
    return tmp_path


def test_saved_run_continues_with_its_history_and_lists_all_precisions(work):
    assert start(work).history.steps == 2
    assert start(work).history.losses[-1] == {"step": 3, "loss": 0.5}
    assert SavedRun(work, History(1), "bf16").precisions == ["fp32", "bf16"]


@pytest.mark.parametrize("links", [True, False])
def test_best_weights_are_linked_or_copied(links, tmp_path, monkeypatch):
    if not links:
        monkeypatch.setattr(os, "link", Mock(side_effect=OSError(1, "Operation not permitted")))
    (tmp_path / "best").mkdir()
    (tmp_path / "best/weights").write_text("1")
    _link_files(tmp_path / "best", tmp_path / "step")
    assert (tmp_path / "step/weights").read_text() == "1"
    assert (tmp_path / "step/weights").samefile(tmp_path / "best/weights") is links


def test_run_that_can_not_be_continued_is_refused(work, monkeypatch):
    monkeypatch.setattr(saved_run, "seen_by_all", lambda _: False)
    with pytest.raises(UserError, match="run; to continue after step-000000001, expected one that they share"):
        start(work)


def test_hosts_that_would_train_different_models_are_refused(monkeypatch):
    differ = "code, data/tokenized or models/p.+ differ"
    for same, message in (((), differ), (("run",), "train.precision: auto is fp32 on")):
        monkeypatch.setattr("tagline.training.processes.agree", lambda text, same=same: text in same)
        with pytest.raises(UserError, match=message):
            processes.check_agreement("run", "fp32")
