"""Entities: typed spans of words, read from the labels of a sentence, or from those of many as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np

from tagline.labels.label_list import Kind, Labels, id_names, possible
from tagline.labels.schemes import OUTSIDE, split_tag
from tagline.labels.windows import AnyInts, Bools, ranges


class Entity(NamedTuple):
    """A type and the words from ``start`` up to, but not including, ``end``."""

    type: str
    start: int
    end: int


_split = cache(split_tag)  # there are few distinct labels


@lru_cache(maxsize=2**16)
def _word(tag: str, index: int) -> Entity:
    """The entity of one word; words with the same tag and index share one object, to save memory."""
    return Entity(tag, index, index + 1)


def entities(tags: Sequence[str]) -> list[Entity]:
    """Read the entities of one sentence by conlleval's rule (Tjong Kim Sang and Buchholz, 2000).

    An entity starts at B- or where the type changes, and continues with I- of its type. An I- that continues nothing
    therefore starts an entity too: ``O I-PER I-PER B-PER`` contains PER (1, 3) and PER (3, 4).

    Args:
        tags: one per word: O, B-TYPE or I-TYPE, legal in IOB2 or not.

    Returns:
        Entities from left to right, which never overlap.
    """
    result = []
    open_type, start = "", 0  # an empty type: no entity is open
    for index, tag in enumerate(tags):
        prefix, type_ = _split(tag)
        if prefix == "I" and type_ == open_type:
            continue
        if open_type:
            result.append(Entity(open_type, start, index))
        open_type, start = type_, index  # the type of O is empty
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
        types: the types of the label list, sorted.
        type: int32 (entities,), indices of types.
        start: int32 (entities,), the first word.
        end: int32 (entities,), the word after the last one.
    """

    types: tuple[str, ...]
    type: AnyInts
    start: AnyInts
    end: AnyInts

    def entities(self) -> list[Entity]:
        """The entities as objects."""
        rows = zip(self.type.tolist(), self.start.tolist(), self.end.tolist(), strict=True)
        return [Entity(self.types[type_], start, end) for type_, start, end in rows]

    def where(self, chosen: Bools) -> EntityArrays:
        """The chosen entities."""
        return EntityArrays(self.types, self.type[chosen], self.start[chosen], self.end[chosen])

    def common(self, other: EntityArrays) -> tuple[Bools, Bools]:
        """Which entities of this side and of the other side both have, bool (entities,) each.

        Args:
            other: entities of the same words and label list.
        """
        # An entity's first word is no other entity's.
        _, own, others = np.intersect1d(self.start, other.start, assume_unique=True, return_indices=True)
        equal = (self.end[own] == other.end[others]) & (self.type[own] == other.type[others])
        is_own, is_other = np.zeros(len(self.start), bool), np.zeros(len(other.start), bool)
        is_own[own[equal]] = is_other[others[equal]] = True
        return is_own, is_other


def entity_arrays(ids: AnyInts, offsets: AnyInts, names: Sequence[str], kind: Kind) -> EntityArrays:
    """Read the entities of sentences by the rule of `entities`; for plain tags, one entity per word.

    Args:
        ids: int (words,), the label ids of all sentences.
        offsets: int (sentences + 1,), the first word of each sentence, then the number of words.
        names: label names, indexed by label id.
        kind: how the labels are read.
    """
    tags = [split_tag(name) if kind == "spans" else ("B", name) for name in names]
    types = tuple(sorted({type_ for _, type_ in tags if type_}))
    outside = len(types)
    type_of_label = np.array([types.index(type_) if type_ else outside for _, type_ in tags], np.int32)
    inside = np.array([prefix == "I" for prefix, _ in tags], bool)
    type_of_word = type_of_label[ids]
    # Labels B-X I-X O | I-X: an entity or a gap begins at words 0, 2 and 3, and the last one ends at 4.
    continues = np.append(inside[ids], False)
    continues[1:-1] &= type_of_word[1:] == type_of_word[:-1]
    continues[offsets] = False
    borders = np.flatnonzero(~continues).astype(np.int32)
    begins = np.flatnonzero(type_of_word[borders[:-1]] != outside)
    return EntityArrays(types, type_of_word[borders[begins]], borders[begins], borders[begins + 1])


def is_outside(ids: AnyInts, labels: Labels) -> Bools:
    """Whether the labels of words say that they are in no entity, bool (words,); plain tags never do."""
    return np.array([labels.kind == "spans" and name == OUTSIDE for name in labels.names], bool)[ids]


def is_decided(entities: EntityArrays, gold: AnyInts, offsets: AnyInts, labels: Labels) -> Bools:
    """Whether gold labels, of which some are unknown, decide if an entity is right, bool (entities,).

    They do if no word of the entity has an unknown label that could be its label there, and the next word none that
    could continue it. So which entities are scored does not depend on whether they are right, which would bias scores.
    Example: B-X at the first word is decided by ``B-X O ?`` and by ``O I-X ?``, and not by ``? O O`` or ``B-X ? O``.

    Args:
        entities: gold or predicted ones.
        gold: int (words,), the gold ids of all words, of labels or sets.
        offsets: int (sentences + 1,), the first word of each sentence, then the number of words.
        labels: the label list.
    """
    tags = [split_tag(name) if labels.kind == "spans" else ("", name) for name in labels.names]
    is_type = np.array([[type_ == each for each in entities.types] for _, type_ in tags], bool)
    is_inside = np.array([prefix == "I" for prefix, _ in tags], bool)[:, None]
    # For each gold id and type: whether the label is unknown and could be one of the type, or an I- of it.
    is_unknown = np.arange(len(tags) + len(labels.sets))[:, None] >= len(tags)
    is_any = np.array([not names for names in id_names(labels)])[:, None]  # also where the list lacks an I-
    can_be, can_continue = (is_unknown & (is_any | possible(labels) @ each) for each in (is_type, is_type & is_inside))
    has_next = ~np.isin(entities.end, offsets) & (labels.kind == "spans")
    sizes = entities.end + has_next - entities.start
    words = ranges(entities.start, sizes)  # of all entities, each with its next word
    of_entity = np.repeat(np.arange(len(sizes)), sizes)
    pairs = gold[words], entities.type[of_entity]
    is_open = np.where(words == entities.start[of_entity], can_be[pairs], can_continue[pairs])
    decided = np.ones(len(sizes), bool)
    decided[of_entity[is_open]] = False
    return decided


def is_begun(entities: EntityArrays, gold: AnyInts, offsets: AnyInts, labels: Labels) -> Bools:
    """Whether it is known where each gold entity begins, bool (entities,).

    It is if the entity begins with B-, after a word of known label, or with its sentence. Example: it is not in
    ``? I-X``, where the first word may be a B-X.

    Args:
        entities: gold ones.
        gold: int (words,), the gold ids of all words, of labels or sets.
        offsets: int (sentences + 1,), the first word of each sentence, then the number of words.
        labels: the label list.
    """
    is_inside = np.array([labels.kind == "spans" and name.startswith("I-") for name in labels.names], bool)
    # The word before the entity; at the start of a sentence, the entity's first word, whose label is known.
    before = np.where(np.isin(entities.start, offsets), entities.start, entities.start - 1)
    return ~is_inside[gold[entities.start]] | (gold[before] < len(labels.names))
