"""Disagreements: the parts of a sentence in which gold and a model that has not seen it have different entities.

And their usage: how gold labels the same words, and the same texts as entities, in other sentences.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from math import log
from statistics import fmean
from typing import NamedTuple

from tagline.labels import OUTSIDE, Entity, TaggedSentence, split_tag
from tagline.metrics.outcomes import OutcomeKind

Key = tuple[str | tuple[str, ...], str]
"""A word and its type or O; or the words of an entity and its type."""

# Added to each number, so that what does not occur has a logarithm.
PRIOR = 0.5


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
    def fault(self) -> OutcomeKind:
        """The kind of error of gold if the model is right.

        missed: gold has no entity. spurious: the model has none. boundary_error: the types are the same, but not the
        words. type_error: the types differ; the words may differ, too.
        """
        if not self.gold:
            return "missed"
        if not self.suggested:
            return "spurious"
        if {entity.type for entity in self.gold} == {entity.type for entity in self.suggested}:
            return "boundary_error"
        return "type_error"


def disagreements(sentence: TaggedSentence) -> Iterator[Disagreement]:
    """Yield the disagreements of a sentence with gold labels from left to right."""
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


class Usage:
    """Numbers of words and of entities with each type, counted in gold.

    Args:
        texts: the words and the words of entities that are counted, see `texts_of`; memory grows with them.
        sentences: with gold labels.
    """

    def __init__(self, texts: set[str | tuple[str, ...]], sentences: Iterable[TaggedSentence]) -> None:
        self._numbers: Counter[Key] = Counter()
        for sentence in sentences:
            self._numbers.update(key for key in _keys(sentence) if key[0] in texts)

    def log_odds(self, sentence: TaggedSentence, disagreement: Disagreement) -> float:
        """Log-odds of the suggested over the gold labels in other sentences.

        The sum of two: the mean over the words whose labels differ; and for spans, that of the entities.
        """
        in_sentence = Counter(_keys(sentence))

        def logarithm(key: Key) -> float:
            return log(self._numbers[key] - in_sentence[key] + PRIOR)

        def largest(entities: Iterable[Entity]) -> float:
            return max((logarithm(_key(sentence, entity)) for entity in entities), default=log(PRIOR))

        start, end = disagreement.extent
        words = sentence.words[start:end]
        of_words = []
        for word, gold, new in zip(
            words, sentence.gold_names[start:end], sentence.predicted_names[start:end], strict=True
        ):
            if gold != new:
                of_words.append(logarithm((word, _type(new))) - logarithm((word, _type(gold))))
        mean = fmean(of_words)
        if sentence.kind == "tags":
            return mean
        return mean + largest(disagreement.suggested) - largest(disagreement.gold)


def texts_of(sentence: TaggedSentence, disagreement: Disagreement) -> Iterator[str | tuple[str, ...]]:
    """Yield the words of a disagreement, and the words of each of its entities."""
    yield from sentence.words[slice(*disagreement.extent)]
    for entity in disagreement.gold + disagreement.suggested:
        yield _key(sentence, entity)[0]


def _keys(sentence: TaggedSentence) -> Iterator[Key]:
    yield from zip(sentence.words, map(_type, sentence.gold_names), strict=True)
    for entity in sentence.gold_entities:
        yield _key(sentence, entity)


def _key(sentence: TaggedSentence, entity: Entity) -> Key:
    return tuple(sentence.words[entity.start : entity.end]), entity.type


def _type(label: str) -> str:
    """The type of an IOB2 label, O, or a plain tag."""
    return split_tag(label)[1] or OUTSIDE
