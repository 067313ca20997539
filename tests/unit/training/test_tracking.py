"""Experiment trackers: which are requested, what they are given, and what happens when one fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from accelerate.tracking import LOGGER_TYPE_TO_CLASS

from tagline.core.errors import UserError
from tagline.training import tracking
from tagline.training.tracking import TRACKERS, VARIABLE, Trackers, requested


class Fake:
    """A tracker that records its calls; the method that is called `failing` raises."""

    def __init__(self, failing: str = "") -> None:
        self.failing, self.calls = failing, []

    def __call__(self, **options: Any) -> Fake:
        self.options = options
        return self

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any, **named: Any) -> None:
            self.calls.append((name, *arguments, *named.values()))
            if name == self.failing:
                raise RuntimeError("no network at https://ada:secret@host.\nsecond line")

        return call


@pytest.fixture
def fakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Fake]:
    """Replace the classes of all trackers by fake ones, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_EXP_NAME", raising=False)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///other.db")
    made = {name: Fake() for name in TRACKERS}
    for name, fake in made.items():
        monkeypatch.setitem(LOGGER_TYPE_TO_CLASS, name, fake)
    return made


def test_requested_trackers_are_listed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracking, "get_available_trackers", lambda: ["wandb", "dvclive"])
    for value, expected in {"": [], " wandb, dvclive,wandb,": ["wandb", "dvclive"]}.items():
        monkeypatch.setenv(VARIABLE, value)
        assert requested() == expected
    for value, message in {
        "wandb,tensorbord": "unknown tracker 'tensorbord'; expected dvclive, tensorboard, mlflow, wandb, trackio, or sev",
        "mlflow": r"mlflow is not installed; run `pip install -e '.\[mlflow\]'`$",
    }.items():
        monkeypatch.setenv(VARIABLE, value)
        with pytest.raises(UserError, match=f"^TAGLINE_TRACKER: {message}"):
            requested()


def test_continued_run_continues_its_curves_under_its_name(fakes: dict[str, Fake], monkeypatch) -> None:
    Trackers(list(TRACKERS)).start("run-1", 20, print)
    assert fakes["dvclive"].options["resume"] is True
    assert fakes["tensorboard"].options["purge_step"] == 21
    assert fakes["trackio"].options["name"] == "run-1"
    monkeypatch.setenv("DVC_EXP_NAME", "fizzy-pope")
    Trackers(list(TRACKERS)).start("run-1", 0, print)
    assert fakes["dvclive"].options == {"dir": "live/dvclive", "dvcyaml": None, "save_dvc_exp": False, "resume": False}
    assert fakes["trackio"].options["name"] == "fizzy-pope"


@pytest.mark.parametrize("failing", ["start", "log", "finish"])
def test_failing_tracker_is_reported_once_and_the_others_continue(failing: str, fakes: dict[str, Fake]) -> None:
    lines, bad = list[str](), fakes.pop("wandb")
    bad.failing = failing
    trackers = Trackers(list(TRACKERS))
    trackers.start("run-1", 0, lines.append)
    trackers.log({"train/loss": 0.5}, 10)
    trackers.log({"train/loss": 0.4}, 20)
    trackers.finish()
    assert lines == ["wandb: no network at https://***@host; training continues without this tracker"]
    assert bad.calls[-1][0] == failing
    logged = [("log", {"train/loss": 0.5}, 10), ("log", {"train/loss": 0.4}, 20)]
    for good in fakes.values():
        assert good.calls == [("start",), *logged, ("finish",)]
