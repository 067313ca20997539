"""Experiment trackers: which are requested, what they are given, and what happens when one fails."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from accelerate.tracking import LOGGER_TYPE_TO_CLASS
from helpers.project import ROOT

from tagline.core.errors import UserError
from tagline.training import tracking
from tagline.training.tracking import TRACKERS, VARIABLE, Trackers, requested


class Fake:
    """A tracker that records its calls.

    Args:
        failing: the method that raises.
    """

    def __init__(self, failing: str = "") -> None:
        self.failing, self.calls = failing, []

    def __call__(self, **options: Any) -> Fake:
        self.options = options
        return self

    def _call(self, name: str, *arguments: Any) -> None:
        self.calls.append((name, *arguments))
        if name == self.failing:
            raise RuntimeError("no network at https://ada:secret@host.\nsecond line")

    def start(self) -> None:
        self._call("start")

    def log(self, values: dict[str, float], step: int) -> None:
        self._call("log", values, step)

    def finish(self) -> None:
        self._call("finish")


@pytest.fixture
def use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Replace the class of a tracker by a fake one, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_EXP_NAME", raising=False)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///other.db")

    def replace(name: str, failing: str = "") -> Fake:
        fake = Fake(failing)
        monkeypatch.setitem(LOGGER_TYPE_TO_CLASS, name, fake)
        return fake

    return replace


def test_each_tracker_is_one_of_accelerate_and_an_extra() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    for name in TRACKERS:
        assert name in LOGGER_TYPE_TO_CLASS
        (requirement,) = extras[name]
        assert requirement.startswith(f"{name}>=")


@pytest.mark.parametrize(
    ("value", "names"),
    [("", []), ("wandb", ["wandb"]), (" wandb, dvclive,wandb,", ["wandb", "dvclive"])],
)
def test_requested_trackers_are_listed_once(value: str, names: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, value)
    monkeypatch.setattr(tracking, "get_available_trackers", lambda: ["wandb", "dvclive"])
    assert requested() == names


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            "wandb,tensorbord",
            "TAGLINE_TRACKER: unknown tracker 'tensorbord'; expected dvclive, tensorboard, mlflow, wandb, trackio, or "
            "several separated by commas",
        ),
        ("mlflow", "TAGLINE_TRACKER: mlflow is not installed; run `pip install -e '.[mlflow]'`"),
    ],
)
def test_unknown_or_missing_tracker_is_an_error(value: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, value)
    monkeypatch.setattr(tracking, "get_available_trackers", lambda: ["wandb"])
    with pytest.raises(UserError) as raised:
        requested()
    assert str(raised.value) == message


def test_continued_run_continues_its_curves(use: Any) -> None:
    dvclive, tensorboard = use("dvclive"), use("tensorboard")
    Trackers(["dvclive", "tensorboard"]).start("run-1", 20, print)
    assert dvclive.options["resume"] is True
    assert tensorboard.options["purge_step"] == 21
    Trackers(["dvclive"]).start("run-1", 0, print)
    assert dvclive.options == {"dir": "live/dvclive", "dvcyaml": None, "save_dvc_exp": False, "resume": False}


def test_run_has_the_name_of_its_experiment(use: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = use("trackio")
    Trackers(["trackio"]).start("0123456789abcdef", 0, print)
    assert fake.options["name"] == "0123456789abcdef"
    monkeypatch.setenv("DVC_EXP_NAME", "fizzy-pope")
    Trackers(["trackio"]).start("0123456789abcdef", 0, print)
    assert fake.options["name"] == "fizzy-pope"


@pytest.mark.parametrize("name", TRACKERS)
@pytest.mark.parametrize("failing", ["start", "log", "finish"])
def test_failing_tracker_is_reported_once_and_the_other_continues(name: str, failing: str, use: Any) -> None:
    good, lines, other = use(name), [], "wandb" if name == "trackio" else "trackio"
    bad = use(other, failing)
    trackers = Trackers([other, name])
    trackers.start("run-1", 0, lines.append)
    trackers.log({"train/loss": 0.5}, 10)
    trackers.log({"train/loss": 0.4}, 20)
    trackers.finish()
    assert lines == [f"{other}: no network at https://***@host; training continues without this tracker"]
    assert bad.calls[-1][0] == failing
    assert good.calls == [
        ("start",),
        ("log", {"train/loss": 0.5}, 10),
        ("log", {"train/loss": 0.4}, 20),
        ("finish",),
    ]
