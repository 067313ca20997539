"""Stages that are killed anywhere: the next run ends with the bytes of an undisturbed run."""

from __future__ import annotations

import signal
from pathlib import Path
from random import Random

import pytest
from helpers.kill_points import count, killed
from helpers.project import STAGES, run_stage, snapshot

FOLDERS = [Path(name) for name in ("data", "models", "metrics", "plots", "reports")]


@pytest.mark.parametrize(
    ("stage", "kills"),
    [
        *(("download", 1), ("tokenize_align", 1), ("evaluate", 1)),  # train: test_interruptions.py
        *(pytest.param(stage, 10, marks=pytest.mark.rare) for stage in STAGES),
    ],
)
def test_killed_stage_is_finished_by_the_next_run(finished: Path, stage: str, kills: int, request) -> None:
    undisturbed = snapshot(*FOLDERS)
    total = count(lambda: run_stage(stage))
    random = Random(request.config.getoption("--fuzz-seed"))
    # The last operations, around which outputs are renamed, and others.
    for at in (total - 1, *random.sample(range(1, total), kills)):
        assert killed(lambda: run_stage(stage), at) == -signal.SIGKILL, f"operation {at} of {total}"
        run_stage(stage)
        assert snapshot(*FOLDERS) == undisturbed, f"operation {at} of {total}"
