"""Numbers of errors as rows of the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tagline.labels.label_list import Kind
from tagline.metrics.outcomes import OUTCOMES, Outcome


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
