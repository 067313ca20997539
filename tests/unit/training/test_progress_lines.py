"""Lines about steps and epochs in a log file."""

from types import SimpleNamespace

import pytest

from tagline.training import progress_lines
from tagline.training.history import History
from tagline.training.progress_lines import ProgressLines


@pytest.fixture
def clock(monkeypatch):
    """A clock that a test advances."""
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(progress_lines, "perf_counter", lambda: clock.now)
    return clock


def train(lines, history, clock, steps, seconds):
    lines.begin_epoch()
    for _ in range(steps):
        clock.now += seconds
        history.after_step(0.5)
        lines.after_step(history)


def test_log_file_shows_a_line_every_30_seconds(clock, capsys):
    lines = ProgressLines(100, 2, done=5, words=4000, shown=True)
    train(lines, History(10, steps=5), clock, steps=7, seconds=10.0)
    for _ in range(3):
        clock.now += 10.0
        lines.after_validating(1000)
    assert capsys.readouterr().out.splitlines() == [
        "step 8 of 100: loss 0.5000, 0.10 steps/s",
        "step 11 of 100: loss 0.5000, 0.10 steps/s",
        "validation: 2,000 of 4,000 words",
    ]


def test_epoch_shows_its_results_and_the_run_its_times(clock, capsys):
    lines, history = ProgressLines(4, 1, done=0, words=9, shown=True), History(10)
    train(lines, history, clock, steps=4, seconds=1.0)
    history.after_epoch({"precision": 0.5, "recall": 0.25, "f1": 1 / 3, "accuracy": 0.5, "loss": 0.75})
    lines.end_steps()
    lines.after_epoch(0.5, history)
    with lines.timed("checkpoints"):
        clock.now += 2.0
    lines.close()
    assert capsys.readouterr().out == (
        "epoch 1/1: loss 0.5000, validation loss 0.7500, P 0.500, R 0.250, F1 0.333\n"
        "time: steps 4.0 s, validation 0.0 s, checkpoints 2.0 s\n"
    )


@pytest.mark.parametrize(("shown", "terminal"), [(False, False), (True, True)])
def test_no_step_lines_beside_a_bar_or_in_other_processes(clock, shown, terminal, monkeypatch, capsys):
    monkeypatch.setattr(progress_lines, "watched", lambda: terminal)
    lines = ProgressLines(10, 1, done=0, words=9, shown=shown)
    train(lines, History(10), clock, steps=4, seconds=60.0)
    clock.now += 60.0
    lines.after_validating(5)
    assert capsys.readouterr().out == ""
