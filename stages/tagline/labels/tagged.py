"""Tagged sentences: words with predicted labels, and gold labels if known."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import overload

import numpy as np

from tagline.labels.entities import Entity, EntityArrays, entity_arrays, marked
from tagline.labels.label_list import WHOLE, Kind, Labels, PerType, translation
from tagline.labels.schemes import OUTSIDE
from tagline.labels.windows import AnyInts, Bools, Doubles, Floats, Ints


class _Gold:
    gold: AnyInts | None

    @property
    def known_gold(self) -> AnyInts:
        """The gold label ids; a `ValueError` if they are unknown."""
        if self.gold is None:
            raise ValueError("the gold labels are unknown")
        return self.gold


@dataclass(frozen=True, eq=False)
class TaggedSentence(_Gold):
    """A sentence or document with one predicted label per word.

    Attributes:
        words: empty where only labels are scored.
        predicted: int (words,), label ids.
        scores: float32 (words,), the probability of each label, or of its entity; 0 without sub-words.
        gold: int (words,), label ids, if known.
        accept: above which scores a precision is promised.
    """

    id: str
    words: Sequence[str]
    labels: Labels
    predicted: AnyInts
    scores: Floats
    gold: AnyInts | None = None
    accept: PerType | None = None

    @property
    def kind(self) -> Kind:
        return self.labels.kind

    @property
    def predicted_names(self) -> list[str]:
        return self._names(self.predicted)

    @property
    def gold_names(self) -> list[str]:
        return self._names(self.known_gold)

    @property
    def predicted_entities(self) -> list[Entity]:
        return self._entities("predicted", self.predicted)

    @property
    def gold_entities(self) -> list[Entity]:
        return self._entities("gold", self.known_gold)

    def _entities(self, side: str, ids: AnyInts) -> list[Entity]:
        # Not functools.cached_property: until Python 3.12 it has one lock for all sentences, which stays locked in a
        # process that was forked while another thread held it.
        kept: dict[str, list[Entity]] = self.__dict__.setdefault("_kept", {})
        if side not in kept:
            kept[side] = marked(self._names(ids), self.kind)
        return kept[side]

    def confidence(self, entity: Entity) -> float:
        """The mean score of an entity's words; if calibrated, all are the same."""
        return float(np.mean(self.scores[entity.start : entity.end], dtype=np.float64))

    def is_accepted(self, entity: Entity) -> bool | None:
        """Whether an entity is among those with a promised precision; None if none is promised."""
        accept = self.accept or {}
        if not accept.keys() - {WHOLE}:
            return None
        return self.confidence(entity) >= accept.get(entity.type, math.inf)

    @property
    def is_promised(self) -> bool | None:
        """Whether it is among the sentences promised to be exactly right; None if none are."""
        if not self.accept or WHOLE not in self.accept:
            return None
        return bool(np.all(self.scores[self.scores > 0] >= self.accept[WHOLE]))

    def without_unsure(self, least: float, accepted: bool = False) -> TaggedSentence:
        """Return the sentence with O instead of some predicted entities.

        Args:
            least: entities whose confidence is below it become O.
        """
        unsure = []
        for entity in self.predicted_entities:
            if self.confidence(entity) < least or (accepted and not self.is_accepted(entity)):
                unsure.append(entity)
        if not unsure:
            return self
        predicted = self.predicted.copy()
        for entity in unsure:
            predicted[entity.start : entity.end] = self.labels.names.index(OUTSIDE)
        return replace(self, predicted=predicted)

    def relabelled(self, labels: Labels) -> TaggedSentence:
        """Return the sentence with the ids of another label list, which contains all names."""
        ids = translation(self.labels, labels)
        gold = None if self.gold is None else ids[self.gold]
        return replace(self, labels=labels, predicted=ids[self.predicted], gold=gold)

    def _names(self, ids: AnyInts) -> list[str]:
        names = self.labels.names
        return [names[index] for index in ids.tolist()]


@dataclass(frozen=True, eq=False)
class TaggedSentences(_Gold, Sequence[TaggedSentence]):
    """Sentences as flat arrays with one value per word of all sentences; each is made when it is asked for.

    Attributes:
        lengths: in words: with 2 and 3, the second sentence has predicted[2:5].
        predicted: int (all words,), label ids.
        scores: float32 (all words,).
        gold: int (all words,), label ids, if known.
        ids: one per sentence; like ``words`` None where only labels are scored.
        words: one list per sentence.
        accept: above which scores a precision is promised.
    """

    labels: Labels
    lengths: Sequence[int]
    predicted: AnyInts
    scores: Floats
    gold: AnyInts | None = None
    ids: Sequence[str] | None = None
    words: Sequence[Sequence[str]] | None = None
    accept: PerType | None = None

    @cached_property
    def offsets(self) -> Ints:
        """The first word of each sentence, then the number of words, int64 (sentences + 1,)."""
        return np.cumsum([0, *self.lengths])

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @overload
    def __getitem__(self, index: int) -> TaggedSentence: ...

    @overload
    def __getitem__(self, index: slice) -> list[TaggedSentence]: ...

    def __getitem__(self, index: int | slice) -> TaggedSentence | list[TaggedSentence]:
        if isinstance(index, slice):
            return [self[number] for number in range(len(self))[index]]
        index = range(len(self))[index]
        start, end = self.offsets[index : index + 2].tolist()
        return TaggedSentence(
            id="" if self.ids is None else self.ids[index],
            words=() if self.words is None else self.words[index],
            labels=self.labels,
            predicted=self.predicted[start:end],
            scores=self.scores[start:end],
            gold=None if self.gold is None else self.gold[start:end],
            accept=self.accept,
        )

    @cached_property
    def predicted_entities(self) -> EntityArrays:
        return entity_arrays(self.predicted, self.offsets, self.labels)

    @cached_property
    def gold_entities(self) -> EntityArrays:
        return entity_arrays(self.known_gold, self.offsets, self.labels)

    @cached_property
    def confidences(self) -> Doubles:
        """The confidence of each predicted entity, see `TaggedSentence.confidence`, float64 (entities,)."""
        entities = self.predicted_entities
        # Sums from each start to its end, and from there to the next start, which are dropped.
        borders = np.column_stack([entities.start, entities.end]).ravel()
        scores = np.append(self.scores, np.float32(0))
        sums = np.add.reduceat(scores, borders, dtype=np.float64)[::2]
        return sums / (entities.end - entities.start)

    @cached_property
    def correct(self) -> tuple[Bools, Bools]:
        """Which gold and which predicted entities are correct, bool (entities,) each."""
        return self.gold_entities.common(self.predicted_entities)

    def sentences_of(self, words: AnyInts) -> AnyInts:
        """The index of each word's sentence."""
        return np.searchsorted(self.offsets, words, side="right") - 1

    def texts(self, entities: EntityArrays) -> Iterator[tuple[str, ...]]:
        sentences = self.sentences_of(entities.start)
        first_words = self.offsets[sentences]
        starts = (entities.start - first_words).tolist()
        ends = (entities.end - first_words).tolist()
        words = self.words or ()
        for sentence, start, end in zip(sentences.tolist(), starts, ends, strict=True):
            yield tuple(words[sentence][start:end])


def flatten(sentences: Sequence[TaggedSentence]) -> TaggedSentences:
    """Put sentences with gold labels and one label list into flat arrays, unless they already are."""
    if isinstance(sentences, TaggedSentences):
        return sentences
    if not sentences:
        none = np.empty(0, np.int64)
        return TaggedSentences(Labels("", "spans", (), ""), [], none, none.astype(np.float32), none, [], [])
    return TaggedSentences(
        sentences[0].labels,
        [len(sentence.words or sentence.predicted) for sentence in sentences],
        np.concatenate([sentence.predicted for sentence in sentences]),
        np.concatenate([sentence.scores for sentence in sentences]),
        np.concatenate([sentence.known_gold for sentence in sentences]),
        [sentence.id for sentence in sentences],
        [sentence.words for sentence in sentences],
    )
