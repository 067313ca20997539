"""Entities: the typed spans of words that the labels of a sentence mark."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tagline.labels.label_list import Kind
from tagline.labels.schemes import OUTSIDE, split_tag


class Entity(NamedTuple):
    """A type, and the words from ``start`` up to but not including ``end``."""

    type: str
    start: int
    end: int


_split = cache(split_tag)  # there are few distinct labels


def entities(tags: Sequence[str]) -> list[Entity]:
    """Read the entities of one sentence by conlleval's rule (Tjong Kim Sang and Buchholz, 2000).

    An entity starts at B- or where the type changes, and continues through I- of its type. So an I- that continues
    nothing starts an entity too: ``O I-PER I-PER B-PER`` holds PER (1, 3) and PER (3, 4).

    Args:
        tags: one per word: O, B-TYPE or I-TYPE, legal in IOB2 or not.

    Returns:
        From left to right; they never overlap.
    """
    found = []
    kind, start = "", 0  # of the open entity; no type is empty
    for position, tag in enumerate(tags):
        if tag == OUTSIDE:
            if kind:
                found.append(Entity(kind, start, position))
                kind = ""
            continue
        prefix, here = _split(tag)
        if prefix == "I" and here == kind:
            continue
        if kind:
            found.append(Entity(kind, start, position))
        kind, start = here, position
    if kind:
        found.append(Entity(kind, start, len(tags)))
    return found


def marked(tags: Sequence[str], kind: Kind) -> list[Entity]:
    """Read what the labels of one sentence mark: its entities, or for plain tags one entity per word."""
    if kind == "spans":
        return entities(tags)
    return [Entity(tag, position, position + 1) for position, tag in enumerate(tags)]


def confidence(entity: Entity, scores: npt.NDArray[np.floating[Any]]) -> float:
    """Average the scores of an entity's words, as transformers' pipeline scores an entity."""
    return float(np.mean(scores[entity.start : entity.end], dtype=np.float64))
