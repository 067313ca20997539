"""The curves that training wrote, drawn."""

from __future__ import annotations

from tagline.report import curves


def test_the_best_epoch_is_the_first_of_equals() -> None:
    epochs = [{"epoch": float(number), "f1": f1, "loss": 1.0} for number, f1 in enumerate([0.1, 0.5, 0.5], start=1)]
    *_, f1 = curves.drawn([], epochs)
    assert f1.best == f1.dots[1]


def test_what_was_not_logged_is_not_drawn() -> None:
    assert curves.drawn([], []) == []
