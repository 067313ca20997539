"""Disagreements: the parts of a sentence in which gold and a model that has not seen it have different entities."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple, get_args

from tagline.labels.entities import Entity
from tagline.labels.tagged import TaggedSentence

Fault = Literal["missing", "spurious", "type", "boundary"]
FAULTS: tuple[Fault, ...] = get_args(Fault)


class Disagreement(NamedTuple):
    """Overlapping entities of gold and of the model that are not the same; usually one of each, or one alone.

    Attributes:
        gold: entities that only gold has.
        suggested: entities that only the model has.
    """

    gold: list[Entity]
    suggested: list[Entity]

    @property
    def extent(self) -> tuple[int, int]:
        """The words of all these entities, from the first up to, but not including, the second number."""
        both = self.gold + self.suggested
        return min(entity.start for entity in both), max(entity.end for entity in both)

    @property
    def fault(self) -> Fault:
        """What is wrong with gold if the model is right.

        missing: gold has no entity. spurious: the model has none. boundary: the types are the same, but not the words.
        type: the types differ; the words may differ, too.
        """
        if not self.gold:
            return "missing"
        if not self.suggested:
            return "spurious"
        types = [{entity.type for entity in side} for side in self]
        return "boundary" if types[0] == types[1] else "type"


def disagreements(sentence: TaggedSentence) -> Iterator[Disagreement]:
    """Yield the disagreements of a sentence with gold labels from left to right."""
    gold, suggested = set(sentence.gold_entities), set(sentence.predicted_entities)
    found = Disagreement([], [])
    for entity in sorted(gold ^ suggested, key=lambda entity: (entity.start, entity.end)):
        if (found.gold or found.suggested) and entity.start >= found.extent[1]:
            yield found
            found = Disagreement([], [])
        (found.gold if entity in gold else found.suggested).append(entity)
    if found.gold or found.suggested:
        yield found
