"""Scores of word labels: precision, recall, F1 and accuracy, overall and per type.

Scores are equal to those of seqeval (spans) and scikit-learn (plain tags), which the tests compare them with. They are
computed from one gold and one predicted label per word, however words are split into sub-words.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tagline.labels.schemes import to_iob2
from tagline.labels.tagged import TaggedSentence, flatten
from tagline.metrics.counts import Counts, ratios

# Enough to show any significant change, and few enough to hide rounding errors from diffs.
SCORE_DIGITS = 6


def score(counts: Counts) -> dict[str, Any]:
    """Score predicted labels.

    ``spans``: seqeval's default mode, which is conlleval's rule (Tjong Kim Sang and Buchholz, 2000). An entity is
    correct if its type and both boundaries are; overall precision, recall and F1 are micro-averages over entities.
    ``tags``: scikit-learn's macro-average over the tags that occur in gold. Accuracy is the share of correctly
    labelled words. 0 divided by 0 is 0.

    Returns:
        ``{"overall": {precision, recall, f1, accuracy, number}, "per_type": {TYPE: {precision, recall, f1,
        number}}}``, types sorted by name; number is the number of gold entities (spans) or gold words (tags).
    """
    total = counts.total()
    rows = zip(*total.per_type(), total.gold, strict=True)
    return {
        "overall": scores_of(*total.overall(), total.gold.sum(), total.accuracy()),
        "per_type": {name: scores_of(*row) for name, row in total.scored(rows)},
    }


def strict(sentences: Sequence[TaggedSentence]) -> dict[str, float | int]:
    """Score entities as seqeval's strict mode does for IOB2: an entity must start with ``B-``.

    Args:
        sentences: with gold labels of the kind ``spans``.

    Returns:
        ``{precision, recall, f1, number}``.
    """
    flat = flatten(sentences)
    begins = np.array([name.startswith("B-") for name in flat.labels.names], bool)
    gold = begins[flat.known_gold[flat.gold_entities.start]]  # whether each entity starts with B-
    predicted = begins[flat.predicted[flat.predicted_entities.start]]
    in_gold, in_predicted = flat.correct
    number = np.count_nonzero(gold)
    both = np.count_nonzero(gold[in_gold] & predicted[in_predicted])
    return scores_of(*ratios(both, np.count_nonzero(predicted), number), number)


def count_repaired(sentences: Sequence[TaggedSentence]) -> int:
    """Count the predicted I- labels that IOB2 forbids at their position, which conlleval reads as B-."""
    flat = flatten(sentences)
    names = [*flat.labels.names, None]  # None: before the first word of a sentence
    left = np.append(-1, flat.predicted)[:-1]
    left[flat.offsets[:-1][np.diff(flat.offsets) > 0]] = len(names) - 1
    # Only pairs that occur: thousands of labels have millions of pairs.
    pairs, numbers = np.unique(left * len(names) + flat.predicted, return_counts=True)
    illegal = [to_iob2(names[pair // len(names)], names[pair % len(names)], "IOB2")[1] for pair in pairs.tolist()]
    return int(numbers[illegal].sum())


def scores_of(precision: Any, recall: Any, f1: Any, number: Any, accuracy: Any = None) -> dict[str, float | int]:
    """Return scores from 0 to 1 as they are written: to six decimals, with the number of gold entities or words."""
    scores = {"precision": precision, "recall": recall, "f1": f1}
    scores |= {} if accuracy is None else {"accuracy": accuracy}
    return {name: rounded(value) for name, value in scores.items()} | {"number": int(number)}


def rounded(value: Any) -> float:
    """Round a number as it is written."""
    return round(float(value), SCORE_DIGITS)
