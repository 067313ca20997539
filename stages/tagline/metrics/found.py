"""Found entities: how many entities of a type are found, or rightly predicted, in each sentence."""

from __future__ import annotations

from typing import Literal

import numpy as np

from tagline.labels.schemes import OUTSIDE
from tagline.labels.tagged import TaggedSentences
from tagline.labels.windows import Doubles

How = Literal["exact", "covered"]
Measure = Literal["recall", "precision"]


def count_found(sentences: TaggedSentences, type_: str, measure: Measure, found: How = "exact") -> Doubles:
    """Count the entities of a type in each sentence; for plain tags, the words.

    Args:
        sentences: with gold labels.
        type_: of the entities.
        measure: recall counts gold entities, precision predicted ones.
        found: exact: gold and predicted entity have the same type and boundaries. covered: each word of the gold entity
            is in a predicted entity of any type; for recall.

    Returns:
        (2, sentences): those that are found or right, and all; the measure is the ratio of their sums.
    """
    side = 0 if measure == "recall" else 1
    entities = (sentences.gold_entities, sentences.predicted_entities)[side]
    if found == "covered":
        is_outside = np.array([name == OUTSIDE for name in sentences.labels.names], bool)
        outside = np.cumsum(np.append(0, is_outside[sentences.predicted]))  # the number of such words before each word
        right = outside[entities.start] == outside[entities.end]
    else:
        right = np.zeros(len(entities.start), bool)
        right[sentences.correct[side]] = True
    of_type = np.array([name == type_ for name in entities.types], bool)[entities.type]
    owners = [sentences.sentences_of(entities.start[chosen]) for chosen in (of_type & right, of_type)]
    return np.array([np.bincount(each, minlength=len(sentences)) for each in owners], np.float64)
