"""`train.compile`: the losses of a run that is not compiled, and the same bytes after an interruption."""

from __future__ import annotations

import signal
from pathlib import Path

import pandas as pd
import pytest
import torch
from helpers.kill_points import killed
from helpers.project import error_of, run_stage, snapshot
from helpers.tiny import remove_dropout, set_train_params

pytestmark = pytest.mark.rare
BASE = {"batches": {"order": "by_length", "subwords_per_batch": 40, "batch_size": 2}, "epochs": 2}


def losses() -> pd.DataFrame:
    return pd.read_csv("plots/train_loss.csv")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "inductor"))


def test_kill_during_compiled_train_resumes_to_same_bytes(finished: Path) -> None:
    remove_dropout(Path("models/pretrained/encoder"))
    set_train_params(**BASE, compile=True, checkpoint_every=3)
    # First, since the threads of PyTorch's compiler do not survive a fork.
    assert killed(lambda: run_stage("train"), ".step-000000003.partial") == -signal.SIGKILL
    assert [*Path(".work/train").glob("*/step-*")]
    run_stage("train")
    resumed, compiled = snapshot(Path("models/finetuned"), Path("reports"), Path("plots")), losses()
    torch.compiler.reset()  # as in a new process
    run_stage("train")
    assert snapshot(Path("models/finetuned"), Path("reports"), Path("plots")) == resumed
    set_train_params(**BASE)
    run_stage("train")
    pd.testing.assert_frame_equal(losses(), compiled, rtol=0, atol=1e-4)


def test_missing_compiler_is_reported(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.compiler.reset()
    monkeypatch.setattr("torch._inductor.config.cpp.cxx", ("no-such-compiler",))
    monkeypatch.setattr("torch._inductor.config.force_disable_caches", True)
    set_train_params(**BASE, compile=True)
    message = error_of("train")
    assert message.startswith("train: train.compile: PyTorch can't compile this model on this host (")
    assert message.endswith("a model that torch.compile supports; set it to false")
