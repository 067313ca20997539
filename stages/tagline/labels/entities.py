"""Entities: typed spans of words, read from the labels of a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tagline.labels.label_list import Kind
from tagline.labels.schemes import split_tag


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


def confidence(entity: Entity, scores: npt.NDArray[np.floating[Any]]) -> float:
    """Average the scores of an entity's words, as transformers' pipeline scores an entity."""
    return float(np.mean(scores[entity.start : entity.end], dtype=np.float64))
