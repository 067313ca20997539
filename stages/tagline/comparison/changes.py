"""Changes: the entities that one side has right and the other wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from tagline.labels.entities import Entity, marked
from tagline.labels.label_list import Kind


@dataclass(frozen=True)
class Change:
    """An entity that was fixed or broken; of plain tags, a word.

    Attributes:
        direction: fixed: wrong before and right now. broken: the other way round.
        sentence: the place of the sentence among those compared.
        entity: its type and words.
        false: it is none: one side predicts it where gold has none.
        instead: what the wrong side has on its words; empty where it has nothing there.
    """

    direction: Literal["fixed", "broken"]
    sentence: int
    entity: Entity
    false: bool
    instead: tuple[Entity, ...]


def changes(
    gold: Sequence[Sequence[str]],
    old: Sequence[Sequence[Sequence[str]]],
    new: Sequence[Sequence[Sequence[str]]],
    kind: Kind,
) -> list[Change]:
    """Find what was fixed and what was broken, sentence by sentence.

    Args:
        gold: label names, a list a sentence.
        old: the same of what each run of one side predicted. Of several, an entity is the side's where more than half
            of its runs have it.
        new: of the other side.
        kind: how the labels are to be read. Of ``tags`` each word is an entity of its tag.
    """
    found: list[Change] = []
    for place, labels in enumerate(gold):
        before, after = ([run[place] for run in side] for side in (old, new))
        if before == after:
            continue
        truth = set(marked(labels, kind))
        a, b = _majority(before, kind), _majority(after, kind)
        found += _one_way("fixed", place, truth, wrong=a, right=b)
        found += _one_way("broken", place, truth, wrong=b, right=a)
    return found if kind == "spans" else [change for change in found if not change.false]


def _one_way(
    direction: Literal["fixed", "broken"], sentence: int, gold: set[Entity], wrong: set[Entity], right: set[Entity]
) -> Iterator[Change]:
    won = sorted(gold & right - wrong, key=lambda entity: entity.start)
    explained: set[Entity] = set()
    for entity in won:
        instead = tuple(sorted((other for other in wrong if _overlap(entity, other)), key=lambda other: other.start))
        explained.update(instead)
        yield Change(direction, sentence, entity, False, instead)
    # A wrong entity that made way for a right one is told there, not once more.
    for entity in sorted(wrong - right - gold - explained, key=lambda entity: entity.start):
        yield Change(direction, sentence, entity, True, ())


def _majority(runs: Sequence[Sequence[str]], kind: Kind) -> set[Entity]:
    votes = Counter(entity for labels in runs for entity in marked(labels, kind))
    return {entity for entity, count in votes.items() if 2 * count > len(runs)}


def _overlap(a: Entity, b: Entity) -> bool:
    return a.start < b.end and b.start < a.end
