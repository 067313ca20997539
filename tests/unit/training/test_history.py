"""History: points of the loss curve, the best epoch; stages/test_engines.py stops early."""

import pytest

from tagline.training.history import History


def scores(f1):
    return {"precision": f1, "recall": f1, "f1": f1, "accuracy": f1, "loss": 1 - f1}


def test_points_of_the_curve_are_means_of_their_steps():
    history = History(steps_per_point=2)
    for loss in (4.0, 2.0, 1.0):
        history.after_step(loss)
    assert history.mean_loss == pytest.approx(7 / 3)
    history.after_epoch(scores(0.5))
    history.after_step(0.5)
    assert history.mean_loss == 0.5
    history.after_step(0.25)
    assert history.losses == [{"step": 2, "loss": 3.0}, {"step": 3, "loss": 1.0}, {"step": 5, "loss": 0.375}]
    assert history.steps == 5


def test_best_epoch_has_the_highest_f1_then_the_lowest_loss():
    history = History(1)
    epochs = [(0.0, 0.9), (0.7, 0.5), (0.7, 0.5), (0.7, 0.4), (0.6, 0.1)]
    found = [history.after_epoch(scores(f1) | {"loss": loss}) for f1, loss in epochs]
    assert found == [True, True, False, True, False]
    assert history.best == {"epoch": 4, **scores(0.7), "loss": 0.4}
    history.keeps_last = True
    assert history.best["epoch"] == 5
