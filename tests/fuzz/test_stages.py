"""Damaged inputs of whole stages: the bytes of an undamaged run, or one message."""

from __future__ import annotations

import contextlib
import io
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from helpers.damage import damage, restore
from helpers.fuzzing import fuzz
from helpers.project import STAGES, declared, run_stage, snapshot

pytestmark = pytest.mark.rare
FOLDERS = ("data", "models", "plots", "reports", "metrics")


# Not download: its inputs are the user's own, and other data are other outputs.
@pytest.mark.parametrize("stage", STAGES[1:])
def test_damaged_input_of_a_stage_changes_no_byte_or_ends_with_one_message(
    stage: str, finished: Path, pytestconfig: pytest.Config
) -> None:
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
