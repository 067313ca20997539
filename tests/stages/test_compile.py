"""`train.compile`: the losses of a run that is not compiled, and the same bytes after an interruption."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from helpers.project import error_of, run_stage, snapshot
from helpers.tiny import TINY_PARAMS, remove_dropout, write_params
from torch import Tensor

from tagline.training.training import Step, Training

pytestmark = pytest.mark.rare
BY_LENGTH = {"order": "by_length", "subwords_per_batch": 40, "batch_size": 2}


def set_params(**changed: Any) -> None:
    params = deepcopy(TINY_PARAMS)
    params["train"] |= {"batches": BY_LENGTH, "epochs": 2, **changed}
    write_params(Path(), params)


def losses() -> pd.DataFrame:
    return pd.read_csv("plots/train_loss.csv")


def interrupt(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Run the stage, and interrupt it after a step."""
    after_step = Training.after_step

    def stop(self: Training, step: Step, loss: Tensor) -> None:
        after_step(self, step, loss)
        if step.number == after:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(Training, "after_step", stop)
        run_stage("train")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "inductor"))


def test_a_compiled_run(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remove_dropout(Path("models/pretrained/encoder"))
    set_params()
    run_stage("train")
    expected = losses()
    set_params(compile=True, checkpoint_every=3)
    run_stage("train")
    pd.testing.assert_frame_equal(losses(), expected, rtol=0, atol=1e-4)
    undisturbed = snapshot(Path("models/finetuned"), Path("reports"), Path("plots"))
    torch.compiler.reset()  # as in a new process
    interrupt(monkeypatch, after=4)
    assert [*Path(".work/train").glob("*/step-*")]
    torch.compiler.reset()
    run_stage("train")
    assert snapshot(Path("models/finetuned"), Path("reports"), Path("plots")) == undisturbed


def test_no_compiler(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.compiler.reset()
    monkeypatch.setattr("torch._inductor.config.cpp.cxx", ("no-such-compiler",))
    monkeypatch.setattr("torch._inductor.config.force_disable_caches", True)
    set_params(compile=True)
    message = error_of("train")
    assert message.startswith("train: train.compile: PyTorch can't compile this model on this host (")
    assert message.endswith("a model that torch.compile supports; set it to false")
