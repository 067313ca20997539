"""Scores as rows of the page, from the metrics of a split."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Titles of the slices of `tagline.metrics.slices`, in the order of the page.
SLICES = {
    "text": "In training split",
    "entity_length": "Words of the entity",
    "sentence_length": "Words of the sentence",
}


@dataclass(frozen=True)
class Score:
    """Scores of a type, a slice, or a whole split.

    Attributes:
        name: of the type or slice.
        value: F1, or the accuracy of words of plain tags in a slice.
        number: of gold entities or gold words.
        precision: None for a slice.
        recall: None for a slice.
        low: lower end of the 95 % interval of the value; None for a slice.
        high: upper end; None for a slice.
    """

    name: str
    value: float
    number: int
    precision: float | None = None
    recall: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class SliceGroup:
    """Slices by one property.

    Attributes:
        title: the property.
        measure: f1 or accuracy.
        rows: the score of each slice.
    """

    title: str
    measure: str
    rows: list[Score]


def overall(metrics: Mapping[str, Any]) -> Score:
    """Return the scores of a split."""
    return _score("overall", metrics["overall"], metrics["intervals"]["overall"]["f1"])


def per_type(metrics: Mapping[str, Any]) -> list[Score]:
    """Return the scores of each type, sorted by name."""
    intervals = metrics["intervals"]["per_type"]
    return [_score(name, numbers, intervals[name]["f1"]) for name, numbers in sorted(metrics["per_type"].items())]


def slice_groups(metrics: Mapping[str, Any]) -> list[SliceGroup]:
    """Return the slices that are not empty, by property."""
    slices = metrics["slices"]
    groups = [_group(title, slices[key]) for key, title in SLICES.items() if slices.get(key)]
    if "not_in_train" in slices:
        groups.append(_group("Sentence in training split", {"no": slices["not_in_train"]}))
    return groups


def _score(name: str, numbers: Mapping[str, Any], interval: Mapping[str, float]) -> Score:
    return Score(name, numbers["f1"], numbers["number"], numbers["precision"], numbers["recall"], **interval)


def _group(title: str, slices: Mapping[str, Mapping[str, Any]]) -> SliceGroup:
    # The slices of words of plain tags do not have an F1, which is defined for tags, not for words.
    measure = "f1" if all("f1" in numbers for numbers in slices.values()) else "accuracy"
    rows = [Score(name.replace("_", " "), numbers[measure], numbers["number"]) for name, numbers in slices.items()]
    return SliceGroup(title, measure, rows)
