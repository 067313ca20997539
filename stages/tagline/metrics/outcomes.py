"""Outcomes: each gold or predicted entity is correct or one of four kinds of error."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple, get_args

import numpy as np

from tagline.labels.entities import Entity
from tagline.labels.label_list import Kind
from tagline.labels.tagged import TaggedSentence, flatten

OutcomeKind = Literal["correct", "missed", "spurious", "type_error", "boundary_error"]
OUTCOMES: tuple[OutcomeKind, ...] = get_args(OutcomeKind)


class Outcome(NamedTuple):
    """A gold entity, a predicted entity, or a pair of them.

    Attributes:
        kind: correct: type and boundaries agree. type_error: only the boundaries agree. boundary_error: the types agree
            and the words overlap. missed: any other gold entity. spurious: any other predicted entity.
        gold: the gold entity; None if spurious.
        predicted: the predicted entity; None if missed.
    """

    kind: OutcomeKind
    gold: Entity | None
    predicted: Entity | None

    @property
    def is_error(self) -> bool:
        return self.kind != "correct"

    @property
    def extent(self) -> tuple[int, int]:
        """The start and end of the gold and the predicted entity together; the end is excluded."""
        entities = [entity for entity in (self.gold, self.predicted) if entity]
        return min(entity.start for entity in entities), max(entity.end for entity in entities)


def outcomes(sentence: TaggedSentence) -> list[Outcome]:
    """List the outcomes of a sentence from left to right.

    For plain tags, whose boundaries always agree, each word is correct or a type error.
    """
    if sentence.kind == "spans":
        return sorted(match(sentence.gold_entities, sentence.predicted_entities), key=lambda outcome: outcome.extent)
    return list(map(_of_words, sentence.gold_entities, sentence.predicted_entities))


def outcomes_of_errors(sentences: Sequence[TaggedSentence]) -> dict[int, list[Outcome]]:
    """List the outcomes of each sentence with an error, by its index."""
    flat = flatten(sentences)
    sides = zip((flat.gold_entities, flat.predicted_entities), flat.correct, strict=True)
    wrong = np.concatenate([np.delete(entities.start, correct) for entities, correct in sides])
    return {index: outcomes(sentences[index]) for index in np.unique(flat.sentences_of(wrong)).tolist()}


def count_outcomes(
    outcomes_per_sentence: Iterable[Sequence[Outcome]], correct: int, kind: Kind
) -> dict[OutcomeKind, int]:
    """Count the outcomes of each kind; plain tags have only correct words and type errors.

    Args:
        outcomes_per_sentence: of the sentences with errors.
        correct: the number of correct entities of all sentences.
        kind: of the labels.
    """
    counts = Counter(outcome.kind for outcomes in outcomes_per_sentence for outcome in outcomes)
    counts["correct"] = correct
    return {name: counts[name] for name in OUTCOMES if kind == "spans" or name in ("correct", "type_error")}


def match(gold: Sequence[Entity], predicted: Sequence[Entity]) -> list[Outcome]:
    """Pair the gold and predicted entities of a sentence; each is part of exactly one outcome.

    Entities with the same boundaries are paired first, then overlapping entities of the same type, those with most
    words in common first and from left to right on ties. Entities that overlap with neither the same type nor the same
    boundaries are not paired: the gold one is missed, the predicted one spurious.

    Args:
        gold: entities from left to right, without overlaps.
        predicted: likewise.

    Returns:
        Outcomes from left to right, by the gold entity if there is one.
    """
    pairs: dict[Entity, tuple[OutcomeKind, Entity]] = {}
    paired = set()
    for _, _, _, kind, own, other in sorted(_candidates(gold, predicted)):
        if own not in pairs and other not in paired:
            pairs[own] = kind, other
            paired.add(other)
    # Sorted by the first word; a spurious entity comes after a gold entity with the same first word.
    keyed = [(own.start, 0, Outcome(kind, own, other)) for own, (kind, other) in pairs.items()]
    keyed += [(own.start, 0, Outcome("missed", own, None)) for own in gold if own not in pairs]
    keyed += [(other.start, 1, Outcome("spurious", None, other)) for other in predicted if other not in paired]
    return [outcome for _, _, outcome in sorted(keyed, key=lambda item: item[:2])]


@lru_cache(maxsize=2**16)
def _of_words(gold: Entity, predicted: Entity) -> Outcome:
    """The outcome of a word with plain tags; equal ones share one object, to save memory."""
    return Outcome("correct" if gold == predicted else "type_error", gold, predicted)


def _candidates(
    gold: Sequence[Entity], predicted: Sequence[Entity]
) -> list[tuple[int, int, int, OutcomeKind, Entity, Entity]]:
    """List the pairs that may be matched, each with a sort key in front: the best pair has the lowest."""
    pairs: list[tuple[int, int, int, OutcomeKind, Entity, Entity]] = []
    first = 0
    for entity in gold:
        while first < len(predicted) and predicted[first].end <= entity.start:
            first += 1
        index = first
        while index < len(predicted) and predicted[index].start < entity.end:
            other = predicted[index]
            common = min(entity.end, other.end) - max(entity.start, other.start)
            if entity[1:] == other[1:]:
                kind: OutcomeKind = "correct" if entity.type == other.type else "type_error"
                pairs.append((0, -common, entity.start, kind, entity, other))
            elif entity.type == other.type:
                pairs.append((1, -common, entity.start, "boundary_error", entity, other))
            index += 1
    return pairs
