"""Entities: the spans that a sentence's labels mark, and what became of each gold one among the predicted ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from tagline.labels.label_list import Kind
from tagline.labels.schemes import OUTSIDE, split_tag

OutcomeKind = Literal["correct", "missed", "spurious", "type_error", "boundary_error"]
OUTCOMES: tuple[OutcomeKind, ...] = get_args(OutcomeKind)


class Entity(NamedTuple):
    """A type, and the words from ``start`` up to but not including ``end``."""

    type: str
    start: int
    end: int


class Outcome(NamedTuple):
    """What became of an entity.

    Attributes:
        kind: right: type and ends agree. type_error: the ends agree. boundary_error: the types agree and the words
            overlap. missed: a gold entity that is none of these. spurious: a predicted one that is none of these.
        gold: None where spurious.
        predicted: None where missed.
    """

    kind: OutcomeKind
    gold: Entity | None
    predicted: Entity | None


_split = cache(split_tag)  # there are as many as labels


def entities(tags: Sequence[str]) -> list[Entity]:
    """The entities of one sentence by conlleval's rule (Tjong Kim Sang and Buchholz, 2000).

    Whatever B- or a change of type begins goes on through I- of its type, so I- that continues nothing begins one too.

    Args:
        tags: one a word: O, B-TYPE or I-TYPE, legal in IOB2 or not.

    Returns:
        From left to right; they never overlap.
    """
    found = []
    kind, start = "", 0  # of the entity that is open; no type is empty
    for place, tag in enumerate(tags):
        if tag == OUTSIDE:
            if kind:
                found.append(Entity(kind, start, place))
                kind = ""
            continue
        prefix, here = _split(tag)
        if prefix == "I" and here == kind:
            continue
        if kind:
            found.append(Entity(kind, start, place))
        kind, start = here, place
    if kind:
        found.append(Entity(kind, start, len(tags)))
    return found


def marked(tags: Sequence[str], kind: Kind) -> list[Entity]:
    """What the labels of one sentence mark: its entities, or, where they are plain tags, each word by its tag."""
    return entities(tags) if kind == "spans" else [Entity(tag, place, place + 1) for place, tag in enumerate(tags)]


def confidence(entity: Entity, scores: npt.NDArray[np.floating[Any]]) -> float:
    """The mean of its words' scores, as transformers' pipeline scores an entity."""
    return float(np.mean(scores[entity.start : entity.end], dtype=np.float64))


def match(gold: Sequence[Entity], predicted: Sequence[Entity]) -> list[Outcome]:
    """Say what became of each entity of a sentence; each gold and each predicted one is in exactly one outcome.

    Those that agree wholly are paired first, then those with the same ends, then those of one type that overlap, the
    most words in common first, the leftmost of equals. Where neither type nor ends agree an overlap says nothing of
    the entity: it counts as missed, and what was predicted as spurious.

    Args:
        gold: what `entities` returned: within one sequence they do not overlap.
        predicted: likewise.

    Returns:
        From left to right, by gold where there is one.
    """
    pairs: dict[Entity, tuple[OutcomeKind, Entity]] = {}
    taken = set()
    for _, _, _, kind, a, b in sorted(_candidates(gold, predicted)):
        if a not in pairs and b not in taken:
            pairs[a] = kind, b
            taken.add(b)
    # By the word where each begins; a gold one comes before a spurious one that begins with it.
    outcomes = [(a.start, 0, Outcome(kind, a, b)) for a, (kind, b) in pairs.items()]
    outcomes += [(a.start, 0, Outcome("missed", a, None)) for a in gold if a not in pairs]
    outcomes += [(b.start, 1, Outcome("spurious", None, b)) for b in predicted if b not in taken]
    return [outcome for _, _, outcome in sorted(outcomes, key=lambda placed: placed[:2])]


def count_outcomes(
    gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]], kind: Kind
) -> dict[OutcomeKind, int]:
    """How many outcomes of each kind the sentences have; of plain tags, whose ends always agree, right and wrong types.

    Args:
        gold: label names, a list a sentence.
        predicted: the same shape.
        kind: how the labels are to be read.
    """
    found = Counter(
        outcome.kind
        for true, other in zip(gold, predicted, strict=True)
        for outcome in match(marked(true, kind), marked(other, kind))
    )
    return {name: found[name] for name in OUTCOMES if kind == "spans" or name in ("correct", "type_error")}


def _candidates(
    gold: Sequence[Entity], predicted: Sequence[Entity]
) -> list[tuple[int, int, int, OutcomeKind, Entity, Entity]]:
    """The pairs that have something in common, each behind what decides among them: lowest first."""
    found: list[tuple[int, int, int, OutcomeKind, Entity, Entity]] = []
    first = 0
    for entity in gold:
        while first < len(predicted) and predicted[first].end <= entity.start:
            first += 1
        place = first
        while place < len(predicted) and predicted[place].start < entity.end:
            other = predicted[place]
            common = min(entity.end, other.end) - max(entity.start, other.start)
            if entity[1:] == other[1:]:
                kind: OutcomeKind = "correct" if entity.type == other.type else "type_error"
                found.append((0, -common, entity.start, kind, entity, other))
            elif entity.type == other.type:
                found.append((1, -common, entity.start, "boundary_error", entity, other))
            place += 1
    return found
