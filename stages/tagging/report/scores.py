"""Scores as rows of the page: what metrics/evaluate.json holds of a split, with intervals where it has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

OVERALL = "overall"


@dataclass(frozen=True)
class Score:
    """Scores of a type, or of all together.

    Attributes:
        name: the type, or ``overall``.
        number: gold entities, or gold words.
        low: where the 95 % interval of F1 begins, None without one.
        high: where it ends.
    """

    name: str
    precision: float
    recall: float
    f1: float
    number: int
    low: float | None
    high: float | None


def overall(metrics: Mapping[str, Any]) -> Score:
    return _score(OVERALL, metrics[OVERALL], metrics.get("intervals", {}).get(OVERALL))


def per_type(metrics: Mapping[str, Any]) -> list[Score]:
    """A score a type, by name."""
    intervals = metrics.get("intervals", {}).get("per_type", {})
    return [_score(name, numbers, intervals.get(name)) for name, numbers in sorted(metrics["per_type"].items())]


def _score(name: str, numbers: Mapping[str, Any], interval: Mapping[str, Any] | None) -> Score:
    f1 = (interval or {}).get("f1", {})
    return Score(
        name=name,
        precision=numbers["precision"],
        recall=numbers["recall"],
        f1=numbers["f1"],
        number=numbers["number"],
        low=f1.get("low"),
        high=f1.get("high"),
    )
