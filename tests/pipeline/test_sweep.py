"""A sweep through DVC's queue, by real `dvc`: workers that train at the same time, and the comparison of the settings."""

from __future__ import annotations

import json
import time

import pytest
from helpers.clone import Clone


def statuses(clone: Clone) -> list[str]:
    """The column Status of `dvc queue status`."""
    lines = clone.run("dvc", "queue", "status").splitlines()
    return [line.split()[-1] for line in lines if line.split()[1:2] in (["lr-1"], ["lr-2"], ["lr-3"], ["lr-4"])]


@pytest.mark.rare
def test_two_workers_run_a_sweep(clone: Clone) -> None:
    before = clone.lock
    values = ("-S", "train.learning_rate=0.02,0.00001", "-S", "train.seed=1,2")
    clone.run("dvc", "exp", "run", "--queue", "--name", "lr", *values)
    clone.run("dvc", "queue", "start", "--jobs", "2")
    while {"Queued", "Running"} & set(statuses(clone)):
        time.sleep(1)
    assert statuses(clone) == ["Success"] * 4
    assert not (clone.path / ".work").exists(), "workers train in copies, each with a work folder of its own"
    assert clone.lock == before
    found = json.loads(clone.run("python", "compare.py", "--by", "train.learning_rate", "--json"))
    assert [setting["values"] for setting in found["settings"]] == [
        {"train.learning_rate": 0.00001},
        {"train.learning_rate": 0.02},
    ]
    assert found["best"] == {"train.learning_rate": 0.02}
    assert [len(setting["runs"]) for setting in found["settings"]] == [2, 2]
    clone.run("dvc", "exp", "remove", "lr-1", "lr-2", "lr-3", "lr-4")
