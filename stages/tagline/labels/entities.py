"""Entities: typed spans of words, as objects or as arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np

from tagline.labels.label_list import Kind, Labels
from tagline.labels.schemes import split_tag
from tagline.labels.windows import AnyInts, Bools


class Entity(NamedTuple):
    """A type and the words from ``start`` up to, but not including, ``end``."""

    type: str
    start: int
    end: int


_split = cache(split_tag)  # there are few distinct labels


@lru_cache(maxsize=2**16)
def _word(tag: str, index: int) -> Entity:
    """Words with the same tag and index share one object, to save memory."""
    return Entity(tag, index, index + 1)


def entities(tags: Sequence[str]) -> list[Entity]:
    """Read the entities of one sentence by conlleval's rule (Tjong Kim Sang and Buchholz, 2000).

    An entity starts at B- or where the type changes, and continues with I- of its type: ``O I-PER I-PER B-PER``
    contains PER (1, 3) and PER (3, 4).

    Args:
        tags: O, B-TYPE or I-TYPE of each word, legal in IOB2 or not.
    """
    result = []
    open_type = ""  # no entity is open
    start = 0
    for index, tag in enumerate(tags):
        prefix, type_ = _split(tag)
        if prefix == "I" and type_ == open_type:
            continue
        if open_type:
            result.append(Entity(open_type, start, index))
        open_type = type_  # that of O is empty
        start = index
    if open_type:
        result.append(Entity(open_type, start, len(tags)))
    return result


def marked(tags: Sequence[str], kind: Kind) -> list[Entity]:
    """Read the entities of one sentence; for plain tags, one entity per word."""
    if kind == "spans":
        return entities(tags)
    return [_word(tag, index) for index, tag in enumerate(tags)]


@dataclass(frozen=True)
class EntityArrays:
    """Entities from left to right, which never overlap. Words are counted over all sentences.

    Attributes:
        types: of the label list, sorted.
        type: int32 (entities,), indices of ``types``.
        start: int32 (entities,), the first word.
        end: int32 (entities,), the word after the last one.
    """

    types: tuple[str, ...]
    type: AnyInts
    start: AnyInts
    end: AnyInts

    def entities(self) -> list[Entity]:
        names = [self.types[index] for index in self.type.tolist()]
        return list(map(Entity, names, self.start.tolist(), self.end.tolist()))

    def where(self, is_kept: Bools) -> EntityArrays:
        return EntityArrays(self.types, self.type[is_kept], self.start[is_kept], self.end[is_kept])

    def of_types(self, types: Iterable[str]) -> Bools:
        """Whether each entity is of one of the types, bool (entities,)."""
        return np.isin(self.types, list(types))[self.type]

    def common(self, other: EntityArrays) -> tuple[Bools, Bools]:
        """Which entities of each side are on both, bool (entities,) each."""
        # An entity's first word is no other entity's.
        _, here, there = np.intersect1d(self.start, other.start, assume_unique=True, return_indices=True)
        is_equal = (self.end[here] == other.end[there]) & (self.type[here] == other.type[there])
        is_common_here = np.zeros(len(self.start), bool)
        is_common_there = np.zeros(len(other.start), bool)
        is_common_here[here[is_equal]] = True
        is_common_there[there[is_equal]] = True
        return is_common_here, is_common_there


def entity_arrays(ids: AnyInts, offsets: AnyInts, labels: Labels) -> EntityArrays:
    """Read the entities of sentences by the rule of `marked`.

    Args:
        ids: int (words,), label ids of all sentences.
        offsets: int (sentences + 1,), the first word of each sentence, then the number of words.
    """
    marks = labels.marks
    types = tuple(sorted(labels.types))
    outside = len(types)
    numbers = dict(zip(types, range(outside), strict=True))
    type_of_label = np.array([numbers.get(type_, outside) for _, type_ in marks], np.int32)
    is_inside = np.array([prefix == "I" for prefix, _ in marks], bool)
    type_of_word = type_of_label[ids]
    # Labels B-X I-X O | I-X: an entity or a gap begins at words 0, 2 and 3, and the last one ends at 4.
    continues = np.append(is_inside[ids], False)
    continues[1:-1] &= type_of_word[1:] == type_of_word[:-1]
    continues[offsets] = False
    borders = np.flatnonzero(~continues).astype(np.int32)
    begins = np.flatnonzero(type_of_word[borders[:-1]] != outside)
    return EntityArrays(types, type_of_word[borders[begins]], borders[begins], borders[begins + 1])


def is_outside(ids: AnyInts, labels: Labels) -> Bools:
    """Whether each word is labelled as in no entity, bool (words,); plain tags never say so."""
    return np.array([not type_ for type_ in labels.type_of_labels], bool)[ids]
