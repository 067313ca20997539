"""What a finished run says: the last epoch is much the best, validation is small, or nothing."""

import pytest

from tagline.training.epoch_choice import remarks
from tagline.training.history import History

RISES = "F1 rose by 0.100 in the last epoch, so that more steps may help (train.epochs)"
SMALL = "the last epoch is kept, since 29 entities are too few to choose one (below 30); F1 0.700 is mostly noise"


@pytest.mark.parametrize(
    ("f1", "number", "key", "expected"),
    [
        ([0.5, 0.6, 0.7], 30, "epochs", f"validation: {RISES}"),
        ([0.5, 0.6, 0.7], 29, "epochs", f"validation: {RISES}; {SMALL}"),
        ([0.5, 0.6, 0.7], 29, None, f"validation: {SMALL}"),
        ([0.5, 0.695, 0.7], 30, "epochs", None),
        ([0.7], 30, "epochs", None),
    ],
)
def test_rise_and_small_validation_are_one_line(f1, number, key, expected):
    history = History(1, keeps_last=number < 30)
    for value in f1:
        history.after_epoch({"precision": value, "recall": value, "f1": value, "accuracy": value, "loss": 0.1})
    assert remarks(history, number, "entities", key) == expected
