"""Changes: the entities that one side predicts correctly and the other does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from tagline.labels.entities import Entity
from tagline.labels.label_list import Kind
from tagline.labels.tagged import TaggedSentence


@dataclass(frozen=True)
class Change:
    """An entity that was fixed or broken; for plain tags, a word.

    Attributes:
        direction: fixed: wrong before and correct now. broken: the other way round.
        sentence: the index of the sentence among those compared.
        entity: the type and the words.
        false: one side predicts it where gold has no such entity.
        instead: what the wrong side predicts on its words; empty where it predicts nothing there.
    """

    direction: Literal["fixed", "broken"]
    sentence: int
    entity: Entity
    false: bool
    instead: tuple[Entity, ...]


def changes(
    old: Sequence[Sequence[TaggedSentence]], new: Sequence[Sequence[TaggedSentence]], kind: Kind
) -> list[Change]:
    """Find what was fixed and what was broken, sentence by sentence.

    Args:
        old: the sentences of each run of one side. With several runs, an entity is predicted by the side where more
            than half of its runs predict it.
        new: likewise of the other side; all runs have the same sentences in the same order, with the same gold labels.
        kind: how the labels are read. For ``tags`` each word is an entity of its tag.
    """
    found: list[Change] = []
    for index, reference in enumerate(new[-1]):
        before, after = ([run[index].predicted_entities for run in side] for side in (old, new))
        gold = set(reference.gold_entities)
        a, b = _majority(before), _majority(after)
        if a != b:
            found += _one_way("fixed", index, gold, wrong=a, correct=b)
            found += _one_way("broken", index, gold, wrong=b, correct=a)
    return found if kind == "spans" else [change for change in found if not change.false]


def _one_way(
    direction: Literal["fixed", "broken"], sentence: int, gold: set[Entity], wrong: set[Entity], correct: set[Entity]
) -> Iterator[Change]:
    won = sorted(gold & correct - wrong, key=lambda entity: entity.start)
    explained: set[Entity] = set()
    for entity in won:
        instead = tuple(sorted((other for other in wrong if _overlap(entity, other)), key=lambda other: other.start))
        explained.update(instead)
        yield Change(direction, sentence, entity, False, instead)
    # A wrong entity replaced by a correct one is listed with it, not a second time.
    for entity in sorted(wrong - correct - gold - explained, key=lambda entity: entity.start):
        yield Change(direction, sentence, entity, True, ())


def _majority(runs: Sequence[Sequence[Entity]]) -> set[Entity]:
    votes = Counter(entity for entities in runs for entity in entities)
    return {entity for entity, count in votes.items() if 2 * count > len(runs)}


def _overlap(a: Entity, b: Entity) -> bool:
    return a.start < b.end and b.start < a.end
