"""What was fixed and what was broken, case by case."""

from __future__ import annotations

import pytest

from tagline.comparison.changes import Change, changes
from tagline.labels.entities import Entity


def found(gold: str, old: str | list[str], new: str | list[str], kind: str = "spans") -> list[str]:
    """Changes as ``fixed PER 0 2 instead ORG 0 1``."""
    sides = [[[run.split()] for run in ([side] if isinstance(side, str) else side)] for side in (old, new)]
    return [written(change) for change in changes([gold.split()], *sides, kind)]


def written(change: Change) -> str:
    def name(entity: Entity) -> str:
        return f"{entity.type} {entity.start} {entity.end}"

    instead = "".join(f" instead {name(other)}" for other in change.instead)
    return f"{change.direction}{' false' if change.false else ''} {name(change.entity)}{instead}"


@pytest.mark.parametrize(
    ("gold", "old", "new", "expected"),
    [
        ("B-PER I-PER O", "B-PER I-PER O", "B-PER I-PER O", []),
        ("B-PER I-PER O", "O O O", "B-PER I-PER O", ["fixed PER 0 2"]),
        ("B-PER I-PER O", "B-PER I-PER O", "O O O", ["broken PER 0 2"]),
        # What made way for the right one is told with it, not as a change of its own.
        ("B-PER I-PER O", "B-ORG O O", "B-PER I-PER O", ["fixed PER 0 2 instead ORG 0 1"]),
        ("B-PER I-PER", "B-PER B-LOC", "B-PER I-PER", ["fixed PER 0 2 instead PER 0 1 instead LOC 1 2"]),
        ("B-PER I-PER", "B-PER I-PER", "B-PER B-PER", ["broken PER 0 2 instead PER 0 1 instead PER 1 2"]),
        ("O O", "B-LOC O", "O O", ["fixed false LOC 0 1"]),
        ("O O", "O O", "O B-LOC", ["broken false LOC 1 2"]),
        # Wrong before and after, in another way: a false one went, another came.
        ("B-PER", "B-LOC", "B-ORG", ["fixed false LOC 0 1", "broken false ORG 0 1"]),
        ("B-PER O", "B-LOC O", "O O", ["fixed false LOC 0 1"]),
        # I- that continues nothing begins an entity, so the sides do not differ.
        ("B-PER O", "I-PER O", "B-PER O", []),
        ("B-PER O B-LOC", "B-PER O O", "O O B-LOC", ["fixed LOC 2 3", "broken PER 0 1"]),
    ],
)
def test_spans(gold: str, old: str, new: str, expected: list[str]) -> None:
    assert found(gold, old, new) == expected


def test_plain_tags_are_told_by_word() -> None:
    assert found("NOUN VERB", "NOUN NOUN", "VERB VERB", "tags") == [
        "fixed VERB 1 2 instead NOUN 1 2",
        "broken NOUN 0 1 instead VERB 0 1",
    ]
    assert found("NOUN", "VERB", "ADJ", "tags") == [], "wrong before and after"


def test_of_several_runs_the_majority_counts() -> None:
    per, none = "B-PER", "O"
    assert found(per, [none, none, per], [per, per, none]) == ["fixed PER 0 1"]
    assert found(per, [none, per, per], [per, per, per]) == []
    assert found(per, [per, none], [per, per]) == ["fixed PER 0 1"], "half is no majority"


def test_the_place_is_that_of_the_sentence() -> None:
    (change,) = changes([["O"], ["B-PER"]], [[["O"], ["O"]]], [[["O"], ["B-PER"]]], "spans")
    assert (change.sentence, change.entity) == (1, Entity("PER", 0, 1))
