"""Fixed and broken entities, case by case."""

from __future__ import annotations

import pytest
from helpers.runs import labels_of, tagged

from tagline.labels.entities import Entity
from tagline.labels.label_list import Kind
from tagline.tools.comparison.changes import Change, changes

Side = list[list[list[str]]]
"""The labels of each sentence of each run."""


def changes_of(gold: list[list[str]], old: Side, new: Side, kind: Kind = "spans") -> list[Change]:
    labels = labels_of([*gold, *(row for run in (*old, *new) for row in run)], kind)
    sides = (
        [[tagged(*pair) for pair in zip(run, [labels] * len(gold), gold, strict=True)] for run in side]
        for side in (old, new)
    )
    return changes(*sides, kind)


def found(gold: str, old: str | list[str], new: str | list[str], kind: Kind = "spans") -> list[str]:
    """Return the changes of one sentence as ``fixed PER 0 2 instead ORG 0 1``."""
    sides = [[[run.split()] for run in ([side] if isinstance(side, str) else side)] for side in (old, new)]
    return [written(change) for change in changes_of([gold.split()], *sides, kind)]


def written(change: Change) -> str:
    def name(entity: Entity) -> str:
        return f"{entity.type} {entity.start} {entity.end}"

    instead = "".join(f" instead {name(other)}" for other in change.instead)
    return f"{change.direction}{' false positive' if change.false_positive else ''} {name(change.entity)}{instead}"


@pytest.mark.parametrize(
    ("gold", "old", "new", "expected"),
    [
        ("B-PER I-PER O", "B-PER I-PER O", "B-PER I-PER O", []),
        ("B-PER I-PER O", "O O O", "B-PER I-PER O", ["fixed PER 0 2"]),
        ("B-PER I-PER O", "B-PER I-PER O", "O O O", ["broken PER 0 2"]),
        # What a correct entity replaces is reported with it, not as a change of its own.
        ("B-PER I-PER O", "B-ORG O O", "B-PER I-PER O", ["fixed PER 0 2 instead ORG 0 1"]),
        ("B-PER I-PER", "B-PER B-LOC", "B-PER I-PER", ["fixed PER 0 2 instead PER 0 1 instead LOC 1 2"]),
        ("B-PER I-PER", "B-PER I-PER", "B-PER B-PER", ["broken PER 0 2 instead PER 0 1 instead PER 1 2"]),
        ("O O", "B-LOC O", "O O", ["fixed false positive LOC 0 1"]),
        ("O O", "O O", "O B-LOC", ["broken false positive LOC 1 2"]),
        # Wrong in both, in different ways: one false positive fixed, another one new.
        ("B-PER", "B-LOC", "B-ORG", ["fixed false positive LOC 0 1", "broken false positive ORG 0 1"]),
        ("B-PER O", "B-LOC O", "O O", ["fixed false positive LOC 0 1"]),
        # An I- that continues nothing starts an entity, so the sides do not differ.
        ("B-PER O", "I-PER O", "B-PER O", []),
        ("B-PER O B-LOC", "B-PER O O", "O O B-LOC", ["fixed LOC 2 3", "broken PER 0 1"]),
    ],
)
def test_entities_that_one_side_alone_predicts(gold: str, old: str, new: str, expected: list[str]) -> None:
    assert found(gold, old, new) == expected


def test_plain_tags_change_word_by_word() -> None:
    assert found("NOUN VERB", "NOUN NOUN", "VERB VERB", "tags") == [
        "fixed VERB 1 2 instead NOUN 1 2",
        "broken NOUN 0 1 instead VERB 0 1",
    ]
    assert found("NOUN", "VERB", "ADJ", "tags") == [], "wrong in both"


def test_several_runs_predict_what_their_majority_predicts() -> None:
    per, none = "B-PER", "O"
    assert found(per, [none, none, per], [per, per, none]) == ["fixed PER 0 1"]
    assert found(per, [none, per, per], [per, per, per]) == []
    assert found(per, [per, none], [per, per]) == ["fixed PER 0 1"], "half is not a majority"


def test_change_has_the_index_of_its_sentence() -> None:
    (change,) = changes_of([["O"], ["B-PER"]], [[["O"], ["O"]]], [[["O"], ["B-PER"]]])
    assert (change.sentence, change.entity) == (1, Entity("PER", 0, 1))
