"""Learning curves."""

from __future__ import annotations

from tagline.report.curves import learning_curves


def test_best_epoch_is_the_first_on_ties() -> None:
    epochs = [{"epoch": float(epoch), "f1": f1, "loss": 1.0} for epoch, f1 in enumerate([0.1, 0.5, 0.5], start=1)]
    *_, chart = learning_curves([], epochs)
    assert chart.best == chart.dots[1]


def test_curves_without_points_are_left_out() -> None:
    assert learning_curves([], []) == []
