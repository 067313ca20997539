"""Disagreements: where gold and the model differ, and what would be wrong with gold."""

import pytest
from helpers.tagged import sentences

from tagline.crossval.review.disagreements import disagreements

OVERLAPPING = [
    ("O O O", "O B-PER I-PER", [("missed", 1, 3)]),
    ("B-PER I-PER O", "O O O", [("spurious", 0, 2)]),
    ("B-PER I-PER O", "B-LOC I-LOC O", [("type_error", 0, 2)]),
    ("B-PER I-PER I-PER", "B-PER B-PER O", [("boundary_error", 0, 3)]),
    ("B-PER I-PER I-PER", "B-PER B-LOC O", [("type_error", 0, 3)]),
    ("B-PER B-LOC O", "O B-LOC B-PER", [("spurious", 0, 1), ("missed", 2, 3)]),
    ("NOUN VERB NOUN", "NOUN NOUN VERB", [("type_error", 1, 2), ("type_error", 2, 3)]),
]


@pytest.mark.parametrize(("gold", "predicted", "expected"), OVERLAPPING)
def test_entities_that_overlap_are_one_disagreement(gold, predicted, expected):
    (sentence,) = sentences([gold], [predicted], "tags" if "NOUN" in gold else "spans")
    assert [(each.fault, *each.extent) for each in disagreements(sentence)] == expected
