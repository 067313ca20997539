"""Parts that say what to do: an F1 of 0 is said once, with the remedy."""

from types import SimpleNamespace

import pytest
from torch import nn

from tagline.training.history import History
from tagline.training.parts import Stuck


def lines_of(f1, steps_per_epoch=200, rate=1e-4, few=False):
    """What is printed in a run with some validation scores; label 0 is O."""
    lines = []
    history = History(steps_per_point=1, keeps_last=few)
    training = SimpleNamespace(
        batches=SimpleNamespace(steps_param="min_steps"),
        epochs=len(f1),
        steps=len(f1) * steps_per_epoch,
        history=history,
        peak_rate=rate,
        fitting_rate=1e-4,
        lines=SimpleNamespace(write=lines.append),
    )
    part = Stuck()
    part.begin(training)
    for score in f1:
        for _ in range(steps_per_epoch):
            history.after_step(0.5)
        history.after_epoch({"f1": score, "loss": 0.5})
        part.after_epoch(nn.Module())
    return lines


RAISED = "validation F1 is still 0 after {} steps; raise train.min_steps or train.learning_rate"
LOWERED = "validation F1 is still 0 after 400 steps; lower train.learning_rate (0.0003; auto is 0.0001), or raise "
RUNS = [
    ([0] * 4, {}, [RAISED.format(400)]),
    ([0] * 4, {"rate": 3e-4}, [f"{LOWERED}train.min_steps"]),
    # Few steps are given half of the epochs.
    *(([0] * 8, {"steps_per_epoch": each}, [RAISED.format(at)]) for each, at in ((1, 4), (100, 300), (1000, 2000))),
    ([0, 0.01, 0, 0], {}, []),
    ([0] * 4, {"few": True}, []),
]


@pytest.mark.parametrize(("f1", "run", "lines"), RUNS)
def test_f1_of_zero_is_said_once_with_the_remedy(f1, run, lines):
    assert lines_of(f1, **run) == lines
