"""Scores as rows of the page: what metrics/evaluate.json holds of a split."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Slices (`tagline.metrics.slices`) as the page calls them, in its order.
SLICES = {
    "text": "Text in training",
    "entity_length": "Words of the entity",
    "sentence_length": "Words of the sentence",
}


@dataclass(frozen=True)
class Score:
    """Scores of a type, a slice, or of all together.

    Attributes:
        name: the type or slice.
        value: F1; of words of plain tags in a slice, accuracy.
        number: gold entities, or gold words.
        precision: None in a slice.
        recall: None in a slice.
        low: where the 95 % interval of the value begins, None in a slice.
        high: where it ends.
    """

    name: str
    value: float
    number: int
    precision: float | None = None
    recall: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Part:
    """Slices by one property.

    Attributes:
        title: the property.
        measure: what the values are: f1 or accuracy.
        rows: a score a slice.
    """

    title: str
    measure: str
    rows: list[Score]


def overall(metrics: Mapping[str, Any]) -> Score:
    return _score("overall", metrics["overall"], metrics["intervals"]["overall"]["f1"])


def per_type(metrics: Mapping[str, Any]) -> list[Score]:
    """A score a type, by name."""
    intervals = metrics["intervals"]["per_type"]
    return [_score(name, numbers, intervals[name]["f1"]) for name, numbers in sorted(metrics["per_type"].items())]


def parts(metrics: Mapping[str, Any]) -> list[Part]:
    """The slices that hold anything."""
    found = metrics["slices"]
    made = [_part(title, found[key]) for key, title in SLICES.items() if found.get(key)]
    if "not_in_train" in found:
        made.append(_part("Sentence in training", {"no": found["not_in_train"]}))
    return made


def _score(name: str, numbers: Mapping[str, Any], interval: Mapping[str, float]) -> Score:
    return Score(name, numbers["f1"], numbers["number"], numbers["precision"], numbers["recall"], **interval)


def _part(title: str, slices: Mapping[str, Mapping[str, Any]]) -> Part:
    # Of words by what training has of them there is no F1: precision and recall are of tags, not of words.
    measure = "f1" if all("f1" in numbers for numbers in slices.values()) else "accuracy"
    rows = [Score(name.replace("_", " "), numbers[measure], numbers["number"]) for name, numbers in slices.items()]
    return Part(title, measure, rows)
