"""Errors of a sentence, and the sentences whose errors matter most."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tagline.labels.tagged import TaggedSentence
from tagline.metrics.outcomes import Outcome

CORRECT = "correct"


def errors_of(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Leave out the correct ones."""
    return [outcome for outcome in outcomes if outcome.kind != CORRECT]


def confidence(sentence: TaggedSentence, outcome: Outcome) -> float:
    """Average the probabilities of the predicted labels over the outcome's words."""
    start, end = outcome.extent
    return float(np.mean(sentence.scores[start:end], dtype=np.float64))


def worst_first(sentences: Sequence[TaggedSentence], outcomes: Sequence[Sequence[Outcome]]) -> list[tuple[int, float]]:
    """Rank the sentences with errors.

    Returns:
        The index of each such sentence and its cost, the sum of the confidences of its errors: many errors cost more
        than few, and confident errors more than doubtful ones. Ties keep the order of the data.
    """
    costs = []
    for index, (sentence, found) in enumerate(zip(sentences, outcomes, strict=True)):
        if wrong := errors_of(found):
            costs.append((index, round(sum(confidence(sentence, outcome) for outcome in wrong), 6)))
    return sorted(costs, key=lambda pair: -pair[1])
