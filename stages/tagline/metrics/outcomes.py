"""Outcomes: what became of each gold entity among the predicted ones, and of each predicted one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, get_args

from tagline.labels.entities import Entity
from tagline.labels.label_list import Kind
from tagline.labels.tagged import TaggedSentence

OutcomeKind = Literal["correct", "missed", "spurious", "type_error", "boundary_error"]
OUTCOMES: tuple[OutcomeKind, ...] = get_args(OutcomeKind)


class Outcome(NamedTuple):
    """What became of an entity.

    Attributes:
        kind: correct: type and boundaries agree. type_error: only the boundaries agree. boundary_error: the types agree
            and the words overlap. missed: a gold entity that is none of these. spurious: a predicted one that is none
            of these.
        gold: None where spurious.
        predicted: None where missed.
    """

    kind: OutcomeKind
    gold: Entity | None
    predicted: Entity | None

    @property
    def extent(self) -> tuple[int, int]:
        """The words of the gold and the predicted entity together, end excluded."""
        spans = [span for span in (self.gold, self.predicted) if span]
        return min(span.start for span in spans), max(span.end for span in spans)


def outcomes(sentence: TaggedSentence) -> list[Outcome]:
    """List the outcomes of a sentence from left to right.

    For plain tags, whose boundaries always agree, every word is correct or a type error.
    """
    if sentence.kind == "spans":
        found = match(sentence.gold_entities, sentence.predicted_entities)
        return sorted(found, key=lambda outcome: outcome.extent)
    pairs = zip(sentence.gold_entities, sentence.predicted_entities, strict=True)
    return [Outcome("correct" if gold == predicted else "type_error", gold, predicted) for gold, predicted in pairs]


def count_outcomes(of_sentences: Iterable[Sequence[Outcome]], kind: Kind) -> dict[OutcomeKind, int]:
    """Count the outcomes of each kind; for plain tags only correct words and type errors exist."""
    found = Counter(outcome.kind for of_one in of_sentences for outcome in of_one)
    return {name: found[name] for name in OUTCOMES if kind == "spans" or name in ("correct", "type_error")}


def match(gold: Sequence[Entity], predicted: Sequence[Entity]) -> list[Outcome]:
    """Pair the gold and the predicted entities of a sentence; each is part of exactly one outcome.

    Equal entities are paired first, then those with the same boundaries, then those of one type that overlap, the most
    common words first, the leftmost on ties. Where neither type nor boundaries agree, an overlap says nothing about the
    entity: it counts as missed, and the predicted one as spurious.

    Args:
        gold: from left to right, without overlaps.
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
    found = [(a.start, 0, Outcome(kind, a, b)) for a, (kind, b) in pairs.items()]
    found += [(a.start, 0, Outcome("missed", a, None)) for a in gold if a not in pairs]
    found += [(b.start, 1, Outcome("spurious", None, b)) for b in predicted if b not in taken]
    return [outcome for _, _, outcome in sorted(found, key=lambda placed: placed[:2])]


def _candidates(
    gold: Sequence[Entity], predicted: Sequence[Entity]
) -> list[tuple[int, int, int, OutcomeKind, Entity, Entity]]:
    """List the pairs that have something in common, each after its sort key: lowest first."""
    found: list[tuple[int, int, int, OutcomeKind, Entity, Entity]] = []
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
                found.append((0, -common, entity.start, kind, entity, other))
            elif entity.type == other.type:
                found.append((1, -common, entity.start, "boundary_error", entity, other))
            index += 1
    return found
