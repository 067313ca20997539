"""train.py with experiment trackers: what is logged while it runs; the outs stay byte-identical."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from helpers.project import ROOT, error_of, run_stage, snapshot
from helpers.tiny import TINY_PARAMS, write_params

from tagline.training.checkpoints import Checkpoints

# Stands for the library dvclive; each process that uses it appends its calls to a file.
FAKE = """
import json, os

def write(*call):
    with open("calls.jsonl", "a") as file:
        file.write(json.dumps(call) + "\\n")

class Live:
    def __init__(self, **options):
        self.step = 0
        write("start", os.getpid(), options)
    def log_metric(self, name, value):
        if os.environ.get("FAILING"):
            raise ConnectionError("no route to host")
        write("log", self.step, name, value)
    def next_step(self):
        pass
    def end(self):
        write("end", os.getpid())
"""


def outs() -> dict[Path, bytes]:
    return snapshot(Path("models/finetuned"), Path("reports"), Path("plots"))


def set_params(**changed: Any) -> None:
    params = deepcopy(TINY_PARAMS)
    params["train"] |= changed
    write_params(Path(), params)


def calls() -> list[list[Any]]:
    return [json.loads(line) for line in Path("calls.jsonl").read_text().splitlines()]


@pytest.fixture
def fake_dvclive(finished: Path) -> dict[str, str]:
    """Install a fake dvclive for subprocesses, and return their environment."""
    site = finished / "site"
    for path, text in {
        "dvclive/__init__.py": FAKE,
        "dvclive/plots.py": "class Metric:\n    could_log = staticmethod(lambda value: isinstance(value, float))\n",
        "dvclive-9.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: dvclive\nVersion: 9.0\n",
    }.items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_text(text)
    return {**os.environ, "PYTHONPATH": str(site), "TAGLINE_TRACKER": "dvclive"}


def train(environment: dict[str, str]) -> str:
    script = str(ROOT / "stages/train.py")
    done = subprocess.run([sys.executable, script], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(("engine", "processes"), [("accelerate", 2), ("trainer", 1)])
def test_losses_rates_and_scores(fake_dvclive: dict[str, str], engine: str, processes: int) -> None:
    set_params(engine=engine, epochs=2, warmup=0.0)
    environment = fake_dvclive | {"TAGLINE_PROCESSES": str(processes)}
    train(environment | {"TAGLINE_TRACKER": ""})
    assert not Path("calls.jsonl").exists()
    untracked = outs()
    train(environment)
    assert outs() == untracked
    start, *logged, end = calls()
    assert (start[0], end[0], start[1]) == ("start", "end", end[1]), "one process logs"
    values = {name: {} for _, _, name, _ in logged}
    for _, step, name, value in logged:
        values[name][step] = value
    # Two epochs of 9 steps: the last one of each, and every tenth.
    assert list(values["train/loss"]) == [9, 10, 18]
    rate = TINY_PARAMS["train"]["learning_rate"]
    assert values["train/learning_rate"] == pytest.approx({step: rate * (19 - step) / 18 for step in (9, 10, 18)})
    scores = pd.read_csv("plots/validation.csv")
    for name in ("precision", "recall", "f1", "accuracy", "loss"):
        assert list(values[f"validation/{name}"]) == [9, 18]
        assert list(values[f"validation/{name}"].values()) == pytest.approx(scores[name].tolist(), abs=1e-4)


def test_one_that_fails_does_not_end_the_training(fake_dvclive: dict[str, str]) -> None:
    untracked = outs()
    output = train(fake_dvclive | {"FAILING": "1"})
    assert output.count("dvclive: no route to host; training continues without this tracker\n") == 1
    assert outs() == untracked


def test_an_unknown_name(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAGLINE_TRACKER", "foo")
    assert error_of("train").startswith("train: TAGLINE_TRACKER: unknown tracker 'foo'; expected dvclive, ")
    assert not Path("live").exists()


def test_a_library_that_is_missing(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = [name for name in ("dvclive", "tensorboard", "mlflow", "wandb", "trackio") if find_spec(name) is None]
    if not missing:
        pytest.skip("all trackers are installed")
    monkeypatch.setenv("TAGLINE_TRACKER", missing[0])
    assert error_of("train") == (
        f"train: TAGLINE_TRACKER: {missing[0]} is not installed; run `pip install -e '.[{missing[0]}]'`"
    )


@pytest.mark.skipif(find_spec("tensorboard") is None, reason="the extra `tensorboard` is not installed")
def test_real_tensorboard(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    untracked = outs()
    monkeypatch.setenv("TAGLINE_TRACKER", "tensorboard")
    run_stage("train")
    assert outs() == untracked
    (folder,) = Path("live/tensorboard").iterdir()
    events = EventAccumulator(str(folder)).Reload()
    f1 = [event.value for event in events.Scalars("validation/f1")]
    assert f1 == pytest.approx(pd.read_csv("plots/validation.csv")["f1"].tolist(), abs=1e-4)


@pytest.mark.skipif(find_spec("dvclive") is None, reason="the extra `dvclive` is not installed")
def test_real_dvclive_continues_after_an_interruption(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    untracked = outs()
    monkeypatch.setenv("TAGLINE_TRACKER", "dvclive")
    write: Callable[..., None] = Checkpoints.write

    def write_and_stop(self: Checkpoints, *arguments: Any) -> None:
        write(self, *arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(Checkpoints, "write", write_and_stop)
        run_stage("train")
    run_stage("train")
    assert outs() == untracked
    with Path("live/dvclive/plots/metrics/validation/f1.tsv").open() as file:
        f1 = [float(row["f1"]) for row in csv.DictReader(file, delimiter="\t")]
    assert f1 == pytest.approx(pd.read_csv("plots/validation.csv")["f1"].tolist(), abs=1e-4)
