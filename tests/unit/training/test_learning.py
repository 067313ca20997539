"""Learning: points of the loss curve, the best epoch, early stopping."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from tagline.training.learning import Learning


def scores(f1: float) -> dict[str, float]:
    return {"precision": f1, "recall": f1, "f1": f1, "accuracy": f1, "loss": 1 - f1}


def test_points_are_means_and_the_last_one_of_an_epoch_may_have_fewer_steps() -> None:
    learning = Learning(steps_per_point=2, patience=None)
    for loss in (4.0, 2.0, 1.0):
        learning.after_step(loss)
    assert learning.mean_loss == pytest.approx(7 / 3)
    learning.after_epoch(scores(0.5))
    learning.after_step(0.5)
    assert learning.mean_loss == 0.5
    learning.after_step(0.25)
    assert learning.losses == [{"step": 2, "loss": 3.0}, {"step": 3, "loss": 1.0}, {"step": 5, "loss": 0.375}]
    assert learning.steps == 5


def test_the_best_epoch_is_the_first_of_equals() -> None:
    learning = Learning(1, None)
    assert [learning.after_epoch(scores(f1)) for f1 in (0.0, 0.7, 0.7, 0.6, 0.8)] == [True, True, False, False, True]
    assert learning.best == {"epoch": 5, **scores(0.8)}


@pytest.mark.parametrize(("patience", "stops"), [(None, []), (1, [2, 4]), (2, [5])])
def test_patience(patience: int | None, stops: list[int]) -> None:
    learning = Learning(1, patience)
    ended = []
    for f1 in (0.5, 0.5, 0.6, 0.4, 0.6):
        learning.after_epoch(scores(f1))
        if learning.exhausted:
            ended.append(len(learning.epochs))
    assert ended[: len(stops)] == stops


def test_it_consists_of_plain_values() -> None:
    learning = Learning(2, 3)
    learning.after_step(1.5)
    learning.after_epoch(scores(0.5))
    learning.after_step(0.5)
    assert Learning(**asdict(learning)) == learning
