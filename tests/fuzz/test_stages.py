"""Damaged inputs of whole stages and of an interrupted run: the bytes of an undamaged run, or one message."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from accelerate.state import AcceleratorState
from helpers.damage import damage, restore
from helpers.fuzzing import fuzz
from helpers.project import run_stage, snapshot
from torch import nn, optim
from torch.optim.lr_scheduler import LambdaLR

from tagline.core.outputs import write_json
from tagline.core.provenance import hashes
from tagline.training.checkpoints import MANIFEST
from tagline.training.learning import Learning
from tagline.training.saved_run import STATE, SavedRun

# By stage: files whose damage is always noticed, since they are text or Arrow with few free bytes, and the outputs.
INPUTS = {
    "tokenize_align": [
        "models/pretrained/tokenizer/tokenizer.json",
        "models/pretrained/tokenizer/tokenizer_config.json",
    ],
    "evaluate": ["plots/train_loss.csv", "data/tokenized/labels.json", "data/tokenized/provenance.json"],
    "export": ["data/predictions/provenance.json", "data/raw/provenance.json", "reports/evaluate.json"],
}


@pytest.mark.parametrize("stage", INPUTS)
def test_a_damaged_input_of_a_stage(stage: str, finished: Path, pytestconfig: pytest.Config) -> None:
    original = finished.parent / f"{finished.name}-original"
    shutil.copytree(finished, original)

    def case(random: Random) -> Callable[[], object]:
        for folder in ("data", "models", "plots", "reports", "metrics"):
            restore(original / folder, finished / folder)
        path = random.choice(INPUTS[stage])
        description = f"{path}, {damage(finished / path, random)}"

        def run() -> None:
            before = snapshot(finished / "models/finetuned", finished / "data/raw")
            with contextlib.redirect_stdout(io.StringIO()):
                run_stage(stage)
            # Work that succeeds leaves its inputs alone.
            assert before == snapshot(finished / "models/finetuned", finished / "data/raw") or "raw" in path

        run.__doc__ = description
        return run

    fuzz(case, pytestconfig, 4)


def test_a_forged_checkpoint(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    """The manifest's hashes match what state.json was changed to."""
    checkpoint = tmp_path / "original/step-000000003"
    checkpoint.mkdir(parents=True)
    learning = Learning(2, None)
    for loss in (0.5, 0.25, 0.125):
        learning.after_step(loss)
    learning.after_epoch(dict.fromkeys(("precision", "recall", "f1", "accuracy", "loss"), 0.5))
    schedule = LambdaLR(optim.SGD(nn.Linear(1, 1).parameters()), lambda _: 1.0)
    state = {
        "layout": "whole",
        "precisions": ["fp32"],
        "learning": learning.__dict__,
        "schedule": schedule.state_dict(),
    }
    write_json(checkpoint / STATE, state)
    work = tmp_path / "work"

    def case(random: Random) -> Callable[[], object]:
        restore(tmp_path / "original", work)
        path = work / checkpoint.name / STATE
        description = damage(path, random)
        write_json(work / checkpoint.name / MANIFEST, hashes(work / checkpoint.name))

        def run() -> None:
            AcceleratorState._reset_state(reset_partial_state=True)
            with contextlib.redirect_stdout(io.StringIO()):
                saved = SavedRun(work, Learning(2, None), "fp32")
            learning = saved.learning
            learning.after_step(0.5)
            learning.after_epoch(dict.fromkeys(("precision", "recall", "f1", "accuracy", "loss"), 0.5))
            json.dumps(learning.exhausted)

        run.__doc__ = description
        return run

    fuzz(case, pytestconfig, 300)
