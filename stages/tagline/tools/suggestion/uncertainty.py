"""Uncertainty: how many errors the model's own probabilities predict per word of a text."""

from __future__ import annotations

import numpy as np

from tagline.labels.tagged import TaggedSentence


def uncertainty(tagged: TaggedSentence) -> float:
    """The expected number of wrong entities and missed words of a text, per word.

    A predicted entity counts once, however long it is, with the probability that it is wrong: 1 minus its confidence.
    Any other word counts with the probability that it is not O. Dividing by the number of words makes texts comparable
    by what they cost: annotators read words. Words without sub-words, which have no probability, count as certain.

    Returns:
        From 0 to 1; of `Lind in Oslo` with the scores 0.8, 1.0 and 0.7, of which the first and last are entities,
        (0.2 + 0.0 + 0.3) / 3.
    """
    doubt = np.where(tagged.scores > 0, 1 - tagged.scores.astype(np.float64), 0.0)
    for entity in tagged.predicted_entities:
        words = slice(entity.start, entity.end)
        doubt[words] = doubt[words].mean() / (entity.end - entity.start)
    return float(doubt.mean())
