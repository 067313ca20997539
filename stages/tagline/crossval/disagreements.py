"""Disagreements: the parts of a sentence in which gold and a model have different entities."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from tagline.labels import Entity, Floats, TaggedSentence
from tagline.metrics.outcomes import OutcomeKind


class Disagreement(NamedTuple):
    """Overlapping entities of gold and of the model that are not the same; usually one of each, or one alone.

    Attributes:
        gold: that only gold has.
        suggested: that only the model has.
    """

    gold: list[Entity]
    suggested: list[Entity]

    @property
    def extent(self) -> tuple[int, int]:
        """The first word of all these entities, and the end, exclusive."""
        both = self.gold + self.suggested
        return min(entity.start for entity in both), max(entity.end for entity in both)

    @property
    def fault(self) -> OutcomeKind:
        """The kind of error of gold if the model is right.

        missed: gold has no entity. spurious: the model has none. boundary_error: the same types, other words.
        type_error: the types differ; the words may differ, too.
        """
        if not self.gold:
            return "missed"
        if not self.suggested:
            return "spurious"
        if {entity.type for entity in self.gold} == {entity.type for entity in self.suggested}:
            return "boundary_error"
        return "type_error"

    def score(self, sentence: TaggedSentence, doubts: Floats) -> float:
        """The mean doubt of the gold labels that differ from the model's, given that of all words."""
        words = slice(*self.extent)
        differ = sentence.known_gold[words] != sentence.predicted[words]
        return float(np.mean(doubts[words][differ], dtype=np.float64))


def disagreements(sentence: TaggedSentence) -> Iterator[Disagreement]:
    """Yield the disagreements of a sentence from left to right."""
    gold = set(sentence.gold_entities)
    suggested = set(sentence.predicted_entities)
    current = Disagreement([], [])
    end = 0
    for entity in sorted(gold ^ suggested, key=lambda entity: (entity.start, entity.end)):
        if end and entity.start >= end:
            yield current
            current = Disagreement([], [])
        end = max(end, entity.end)
        if entity in gold:
            current.gold.append(entity)
        else:
            current.suggested.append(entity)
    if end:
        yield current
