"""Learning curves."""

from __future__ import annotations

from tagline.report.curves import learning_curves


def test_the_epoch_that_was_kept_is_marked() -> None:
    epochs = [{"epoch": float(epoch), "f1": f1, "loss": 1.0} for epoch, f1 in enumerate([0.1, 0.5, 0.5], start=1)]
    *_, chart = learning_curves([], epochs, best_epoch=3)
    assert chart.best == chart.dots[2]


def test_curves_without_points_are_left_out() -> None:
    assert learning_curves([], [], 1) == []
