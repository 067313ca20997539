"""Entities among words of which the label is not known, or only in part: which are certain, and which are possible."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tagline.labels.arrays import AnyInts
from tagline.labels.entities import EntityArrays
from tagline.labels.label_list import LabelNames, Labels, id_names

Mask = npt.NDArray[np.bool_]


def is_complete(entities: EntityArrays, gold: AnyInts, offsets: AnyInts, labels: Labels | LabelNames) -> Mask:
    """Whether an entity is in gold whatever the unknown labels are, bool (entities,).

    An I- after a word of unknown label may continue an entity, and one whose next word may have its I- may go on.

    Args:
        entities: those of the words of known label.
        gold: int (words,), gold ids.
        offsets: int (sentences + 1,), the first word of each sentence, then the number of words.
        labels: the label list.
    """
    _, inside = _allowed(labels, entities.types)
    begins = ~inside[gold[entities.start], entities.type] | np.isin(entities.start, offsets)
    begins |= gold[entities.start - 1] < len(labels.names)
    return begins & ~_next(inside, entities, gold, offsets)


def may_be_gold(entities: EntityArrays, gold: AnyInts, offsets: AnyInts, labels: Labels | LabelNames) -> Mask:
    """Whether labels that are possible for the words have such an entity, bool (entities,); see `is_complete`."""
    first, inside = _allowed(labels, entities.types)
    # An I- that is known continues the entity of the word before it.
    goes_on = (inside.any(1) & (np.arange(len(inside)) < len(labels.names)))[:, None] & np.ones_like(inside)
    sizes = entities.end - entities.start
    before = np.cumsum(sizes) - sizes
    # The words of all entities: those of starts 2 and 5 and sizes 2 and 1 are 2 3 5.
    words = np.arange(sizes.sum()) + np.repeat(entities.start - before, sizes)
    types = np.repeat(entities.type, sizes)
    fits = np.where(np.isin(words, entities.start), first[gold[words], types], inside[gold[words], types])
    misfits = np.cumsum(np.append(0, ~fits))
    is_possible: Mask = (misfits[before + sizes] == misfits[before]) & ~_next(goes_on, entities, gold, offsets)
    return is_possible


def _allowed(labels: Labels | LabelNames, types: tuple[str, ...]) -> tuple[Mask, Mask]:
    """For each gold id and type, whether a word can begin an entity, and whether it can continue it.

    Plain tags begin entities of one word.
    """
    first, inside = ("B-", "I-") if labels.kind == "spans" else ("", None)

    def allows(prefix: str | None) -> Mask:
        allowed = [
            [prefix is not None and (not names or f"{prefix}{type_}" in names) for type_ in types]
            for names in id_names(labels)
        ]
        return np.array(allowed, bool).reshape(len(allowed), len(types))

    return allows(first), allows(inside)


def _next(of_ids: Mask, entities: EntityArrays, gold: AnyInts, offsets: AnyInts) -> Mask:
    """The value of an id and type for the word after each entity; False at the end of a sentence."""
    following = np.append(gold, 0)[entities.end]
    value: Mask = of_ids[following, entities.type] & ~np.isin(entities.end, offsets)
    return value
