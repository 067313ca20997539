"""The learning curve as a table."""

from __future__ import annotations

from tagline.export.card.results import curve


def epochs(scores: list[float]) -> list[dict[str, float]]:
    return [{"epoch": float(number), "f1": f1, "loss": 1 / number} for number, f1 in enumerate(scores, start=1)]


def test_curve_of_few_epochs_is_complete() -> None:
    bars = ["█" * 10, "", "█" * 20]
    assert curve(epochs([0.5, 0.0, 1.0]), 3) == [(1, 1.0, 0.5, bars[0]), (2, 0.5, 0.0, ""), (3, 1 / 3, 1.0, bars[2])]
    assert curve(epochs([0.25]), 1) == [(1, 1.0, 0.25, "█" * 5)]


def test_curve_of_many_epochs_has_the_first_the_last_and_the_kept_one() -> None:
    shown = [epoch for epoch, *_ in curve(epochs([0.5] * 100), 38)]
    assert len(shown) == 21
    assert {1, 38, 100} <= set(shown)
    assert shown == sorted(shown)
