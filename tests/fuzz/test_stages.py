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
from helpers.project import STAGES, declared, run_stage, snapshot
from torch import nn, optim
from torch.optim.lr_scheduler import LambdaLR

from tagline.core.outputs import write_json
from tagline.core.provenance import hashes
from tagline.training.checkpoints import MANIFEST
from tagline.training.history import History
from tagline.training.saved_run import STATE, SavedRun

FOLDERS = ("data", "models", "plots", "reports", "metrics")


# Not download: its inputs are the user's own, and other data are other outputs.
@pytest.mark.parametrize("stage", STAGES[1:])
def test_a_damaged_input_of_a_stage(stage: str, finished: Path, pytestconfig: pytest.Config) -> None:
    """Every file of an artifact that dvc.yaml declares."""
    original = finished.parent / f"{finished.name}-original"
    shutil.copytree(finished, original)
    declared_inputs = [Path(path) for path in declared(stage, "deps") if not path.startswith("stages")]
    files = [file for path in declared_inputs for file in [path, *sorted(path.rglob("*"))] if file.is_file()]

    def case(random: Random) -> Callable[[], object]:
        for folder in FOLDERS:
            restore(original / folder, finished / folder)
        path = random.choice(files)
        description = f"{path}, {damage(path, random)}"
        before = snapshot(*map(Path, FOLDERS))

        def run() -> None:
            with contextlib.redirect_stdout(io.StringIO()):
                run_stage(stage)
            # The outputs that were there are those of the undamaged run.
            assert snapshot(*map(Path, FOLDERS)) == before

        run.__doc__ = description
        return run

    fuzz(case, pytestconfig, 4)


def test_a_forged_checkpoint(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    """The manifest's hashes match what state.json was changed to."""
    checkpoint = tmp_path / "original/step-000000003"
    checkpoint.mkdir(parents=True)
    history = History(2, None)
    for loss in (0.5, 0.25, 0.125):
        history.after_step(loss)
    history.after_epoch(dict.fromkeys(("precision", "recall", "f1", "accuracy", "loss"), 0.5))
    schedule = LambdaLR(optim.SGD(nn.Linear(1, 1).parameters()), lambda _: 1.0)
    state = {
        "layout": "whole",
        "precisions": ["fp32"],
        "history": history.__dict__,
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
                saved = SavedRun(work, History(2, None), "fp32")
            history = saved.history
            history.after_step(0.5)
            history.after_epoch(dict.fromkeys(("precision", "recall", "f1", "accuracy", "loss"), 0.5))
            json.dumps(history.exhausted)

        run.__doc__ = description
        return run

    fuzz(case, pytestconfig, 300)
