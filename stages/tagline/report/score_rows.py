"""Slices and numbers of errors as rows of the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from tagline.labels.label_list import Kind
from tagline.metrics.outcomes import OUTCOMES, Outcome

# Titles of the slices of `tagline.metrics.slices`, in the order of the page.
SLICES = {
    "text": "In training split",
    "entity_length": "Words of the entity",
    "sentence_length": "Words of the sentence",
}


class SliceScore(NamedTuple):
    """The score of a slice.

    Attributes:
        name: of the slice.
        value: F1, or the accuracy of words of plain tags.
        number: of gold entities or gold words.
    """

    name: str
    value: float
    number: int


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
    rows: list[SliceScore]


@dataclass(frozen=True)
class ErrorCounts:
    """The number of errors.

    Attributes:
        kinds: by kind, for the kinds that occur.
        types: for each type, the number of errors of each of these kinds. An error belongs to its gold type, a spurious
            entity to its predicted type. Types with most errors first.
        pairs: plain tags only: gold tag, predicted tag and number of words; most frequent first.
    """

    kinds: dict[str, int]
    types: list[tuple[str, list[int]]]
    pairs: list[tuple[str, str, int]]


def slice_groups(metrics: Mapping[str, Any]) -> list[SliceGroup]:
    """Return the slices that are not empty, by property."""
    slices = metrics["slices"]
    groups = [_group(title, slices[key]) for key, title in SLICES.items() if slices.get(key)]
    if "not_in_train" in slices:
        groups.append(_group("Sentence in training split", {"no": slices["not_in_train"]}))
    return groups


def count_errors(outcomes: Iterable[Sequence[Outcome]], kind: Kind) -> ErrorCounts:
    """Count errors by kind and type; for plain tags also by pair of tags.

    Args:
        outcomes: the outcomes of each sentence with an error.
        kind: of the labels.
    """
    counts: Counter[tuple[str, str]] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    for error in (outcome for of_sentence in outcomes for outcome in of_sentence if outcome.is_error):
        owner = error.gold or error.predicted
        if owner:
            counts[owner.type, error.kind] += 1
        if kind == "tags" and error.gold and error.predicted:
            pairs[error.gold.type, error.predicted.type] += 1
    kinds = [name for name in OUTCOMES if any(name == counted for _, counted in counts)]
    types = [(type_, [counts[type_, name] for name in kinds]) for type_ in sorted({type_ for type_, _ in counts})]
    return ErrorCounts(
        kinds={name: sum(numbers[column] for _, numbers in types) for column, name in enumerate(kinds)},
        types=sorted(types, key=lambda item: -sum(item[1])),
        pairs=[(*pair, number) for pair, number in sorted(pairs.items(), key=lambda item: (-item[1], item[0]))],
    )


def _group(title: str, slices: Mapping[str, Mapping[str, Any]]) -> SliceGroup:
    # The slices of words of plain tags do not have an F1, which is defined for tags, not for words.
    measure = "f1" if all("f1" in numbers for numbers in slices.values()) else "accuracy"
    rows = [SliceScore(name.replace("_", " "), numbers[measure], numbers["number"]) for name, numbers in slices.items()]
    return SliceGroup(title, measure, rows)
