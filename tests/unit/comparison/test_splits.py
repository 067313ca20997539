"""Fixed and broken entities, case by case."""

import pytest
from helpers.tagged import sentences

from tagline.comparison.splits import changes
from tagline.labels.entities import Entity
from tagline.labels.label_list import Kind


def found(gold: str, old: str | list[str], new: str | list[str], kind: Kind = "spans"):
    """Return the changes of the second of two sentences as ``fixed PER 0 2 instead ORG 0 1``."""
    sides = ([side] if isinstance(side, str) else side for side in (old, new))
    runs = [[sentences(["O", gold], ["O", run], kind) for run in side] for side in sides]
    listed = []
    for change in changes(*runs):
        assert change.sentence == 1
        instead = "".join(f" instead {name(other)}" for other in change.instead)
        direction = change.direction + " false positive" * change.false_positive
        listed.append(f"{direction} {name(change.entity)}{instead}")
    return listed


def name(entity: Entity):
    return f"{entity.type} {entity.start} {entity.end}"


CHANGES = [
    ("B-PER I-PER O", "O O O", "B-PER I-PER O", ["fixed PER 0 2"]),
    # What a correct entity replaces is reported with it, not as a change of its own.
    ("B-PER I-PER", "B-PER B-LOC", "B-PER I-PER", ["fixed PER 0 2 instead PER 0 1 instead LOC 1 2"]),
    ("O O", "B-LOC O", "O O", ["fixed false positive LOC 0 1"]),
    # Wrong in both, with another type or other boundaries: nothing is fixed.
    ("B-PER", "B-LOC", "B-ORG", []),
    ("O O", "B-PER I-PER", "O B-PER", []),
    ("B-PER I-PER", "B-LOC O", "O B-ORG", ["fixed false positive LOC 0 1", "broken false positive ORG 1 2"]),
    # An I- that continues nothing starts an entity, so the sides do not differ.
    ("B-PER O", "I-PER O", "B-PER O", []),
    ("B-PER O B-LOC", "B-PER O O", "O O B-LOC", ["fixed LOC 2 3", "broken PER 0 1"]),
]


@pytest.mark.parametrize(("gold", "old", "new", "expected"), CHANGES)
def test_entities_that_one_side_alone_predicts(gold, old, new, expected):
    assert found(gold, old, new) == expected


def test_plain_tags_change_word_by_word():
    both = ["fixed VERB 1 2 instead NOUN 1 2", "broken NOUN 0 1 instead VERB 0 1"]
    assert found("NOUN VERB", "NOUN NOUN", "VERB VERB", "tags") == both
    assert found("NOUN", "VERB", "ADJ", "tags") == [], "wrong in both"


def test_several_runs_predict_what_their_majority_predicts():
    per, none = "B-PER", "O"
    assert found(per, [none, none, per], [per, per, none]) == ["fixed PER 0 1"]
    assert found(per, [per, none], [per, per]) == ["fixed PER 0 1"], "half is not a majority"
