"""Experiment trackers: which are requested, what they are given, and what happens when one fails."""

from unittest.mock import Mock, call

import pytest
from accelerate.tracking import LOGGER_TYPE_TO_CLASS

from tagline.terminal.errors import UserError
from tagline.training import tracking
from tagline.training.tracking import TRACKERS, VARIABLE, Trackers, requested


@pytest.fixture
def fakes(tmp_path, monkeypatch):
    """Replace the classes of all trackers by mocks, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_EXP_NAME", raising=False)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///other.db")
    made = {name: Mock() for name in TRACKERS}
    for name, fake in made.items():
        monkeypatch.setitem(LOGGER_TYPE_TO_CLASS, name, fake)
    return made


def test_requested_trackers_are_listed_once(monkeypatch):
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


@pytest.mark.parametrize("failing", ["start", "log", "finish"])
def test_failing_tracker_is_reported_once_and_the_others_continue(failing, fakes):
    lines, bad = list[str](), fakes.pop("wandb").return_value
    getattr(bad, failing).side_effect = RuntimeError("no network at https://ada:secret@host.\nsecond line")
    trackers = Trackers(list(TRACKERS))
    trackers.start("run-1", 0, lines.append)
    trackers.log({"train/loss": 0.5}, 10)
    trackers.log({"train/loss": 0.4}, 20)
    trackers.finish()
    assert lines == ["wandb: no network at https://***@host; training continues without this tracker"]
    assert bad.method_calls[-1][0] == failing
    logged = [call.log({"train/loss": 0.5}, step=10), call.log({"train/loss": 0.4}, step=20)]
    for good in fakes.values():
        assert good.return_value.method_calls == [call.start(), *logged, call.finish()]
