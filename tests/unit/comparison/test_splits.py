"""Fixed and broken entities, case by case."""

import pytest
from helpers.tagged import sentences

from tagline.comparison.splits import changes

CHANGES = [
    ("B-PER I-PER O", "O O O", "B-PER I-PER O", "fixed PER 0 2"),
    # What a correct entity replaces is reported with it, not as a change of its own.
    ("B-PER I-PER", "B-PER B-LOC", "B-PER I-PER", "fixed PER 0 2 instead PER 0 1 instead LOC 1 2"),
    ("O O", "B-LOC O", "O O", "fixed false positive LOC 0 1"),
    # Wrong in both, with another type or other boundaries: nothing is fixed.
    ("B-PER", "B-LOC", "B-ORG", ""),
    ("O O", "B-PER I-PER", "O B-PER", ""),
    ("B-PER I-PER", "B-LOC O", "O B-ORG", "fixed false positive LOC 0 1, broken false positive ORG 1 2"),
    # An I- that continues nothing starts an entity, so the sides do not differ.
    ("B-PER O", "I-PER O", "B-PER O", ""),
    ("B-PER O B-LOC", "B-PER O O", "O O B-LOC", "fixed LOC 2 3, broken PER 0 1"),
    # A side of several runs predicts what most of them do; half is not a majority.
    ("B-PER", "O | O | B-PER", "B-PER | B-PER | O", "fixed PER 0 1"),
    ("B-PER", "B-PER | O", "B-PER | B-PER", "fixed PER 0 1"),
    # Plain tags change word by word, unless they are wrong in both.
    ("NOUN VERB", "NOUN NOUN", "VERB VERB", "fixed VERB 1 2 instead NOUN 1 2, broken NOUN 0 1 instead VERB 0 1"),
    ("NOUN", "VERB", "ADJ", ""),
]


@pytest.mark.parametrize("gold, old, new, expected", CHANGES)
def test_entities_that_one_side_alone_predicts(gold, old, new, expected):
    """Of the second of two sentences, in runs that | divides."""
    kind = "tags" if "NOUN" in gold else "spans"
    before, after = ([sentences(["O", gold], ["O", run], kind) for run in side.split(" | ")] for side in (old, new))
    found = []
    for direction, wrong, correct in (("fixed", before, after), ("broken", after, before)):
        for change in changes(after[-1], wrong, correct):
            assert change.sentence.id == "s-1"
            entities = " instead ".join("{} {} {}".format(*entity) for entity in (change.entity, *change.instead))
            found.append(f"{direction}{' false positive' * change.false_positive} {entities}")
    assert ", ".join(found) == expected
