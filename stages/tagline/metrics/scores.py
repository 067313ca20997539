"""Scores of word labels: precision, recall, F1 and accuracy, overall and per type, as seqeval and scikit-learn define them.

Each word has one gold and one predicted label, whatever was done to sub-words. Tests compare every number here with
seqeval (spans) and scikit-learn (plain tags).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from tagline.labels.schemes import to_iob2
from tagline.labels.tagged import TaggedSentence
from tagline.metrics.counts import Counts, ratios

# Enough to see any real change, few enough that the last bits of a float never show up in a diff.
DIGITS = 6


def score(counts: Counts) -> dict[str, Any]:
    """Score predicted labels.

    For ``spans`` this is seqeval's default mode, which is conlleval's rule (Tjong Kim Sang and Buchholz, 2000): an
    entity is correct when its type and both boundaries are; overall precision, recall and F1 are micro-averages over
    entities. For ``tags`` it is scikit-learn's macro-average over the tags that occur in gold. Accuracy is the share of
    correctly labelled words. 0 divided by 0 is 0.

    Returns:
        ``{"overall": {precision, recall, f1, accuracy, number}, "per_type": {TYPE: {precision, recall, f1,
        number}}}``, where number counts gold entities (spans) or gold words (tags); types sorted by name.
    """
    total = counts.total()
    numbers = [int(number) for number in total.gold]
    per_type = {
        name: rounded(*of_type, number=number)
        for name, number, *of_type in zip(counts.types, numbers, *total.per_type(), strict=True)
        # A tag that is only predicted has no recall.
        if counts.kind == "spans" or number
    }
    return {
        "overall": rounded(*total.overall(), number=sum(numbers), accuracy=float(total.accuracy())),
        "per_type": per_type,
    }


def strict(sentences: Sequence[TaggedSentence]) -> dict[str, float | int]:
    """Score entities as seqeval's strict mode does for IOB2: an entity must start with ``B-``.

    Args:
        sentences: whose labels mark spans; gold is legal in IOB2, predictions may not be.

    Returns:
        ``{precision, recall, f1, number}``.
    """
    correct = predicted = gold = 0
    for sentence in sentences:
        names = sentence.predicted_names
        begun = [entity for entity in sentence.predicted_entities if names[entity.start].startswith("B-")]
        correct += len(set(begun).intersection(sentence.gold_entities))
        predicted += len(begun)
        gold += len(sentence.gold_entities)
    return rounded(*ratios(correct, predicted, gold), number=gold)


def count_repaired(sentences: Sequence[TaggedSentence]) -> int:
    """Count predicted labels that IOB2 forbids where they stand, which conlleval's rule reads as B-."""
    rows = (sentence.predicted_names for sentence in sentences)
    return sum(_is_illegal(*pair) for row in rows for pair in zip([None, *row], row, strict=False))


@cache  # pairs of labels
def _is_illegal(left: str | None, label: str) -> bool:
    return to_iob2(left, label, "IOB2")[1]


def rounded(
    precision: Any, recall: Any, f1: Any, *, number: int, accuracy: float | None = None
) -> dict[str, float | int]:
    """Lay scores out as they are written, rounded, with the number of entities or words that they are about."""
    scores: dict[str, float | int] = {
        name: round(float(value), DIGITS) for name, value in (("precision", precision), ("recall", recall), ("f1", f1))
    }
    if accuracy is not None:
        scores["accuracy"] = round(accuracy, DIGITS)
    return scores | {"number": number}
