"""Ranking: which sentences with errors come first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tagline.labels.tagged import TaggedSentence
from tagline.metrics.outcomes import Outcome


def confidence(sentence: TaggedSentence, outcome: Outcome) -> float:
    """Average the probabilities of the predicted labels over the words of an outcome."""
    start, end = outcome.extent
    return float(np.mean(sentence.scores[start:end], dtype=np.float64))


def worst_first(
    sentences: Sequence[TaggedSentence], outcomes: Mapping[int, Sequence[Outcome]]
) -> list[tuple[int, float]]:
    """Rank the sentences with errors by cost, highest first.

    Args:
        sentences: with gold labels.
        outcomes: the outcomes of each sentence with an error, by its index.

    Returns:
        The index and the cost of each sentence with errors. The cost is the sum of the confidences of its errors. Ties
        keep the order of the data.
    """
    costs = []
    for index, of_sentence in outcomes.items():
        confidences = (confidence(sentences[index], outcome) for outcome in of_sentence if outcome.is_error)
        costs.append((index, round(sum(confidences), 6)))
    return sorted(costs, key=lambda pair: -pair[1])
