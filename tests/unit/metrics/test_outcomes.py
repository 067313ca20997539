"""Outcomes: how gold and predicted entities are paired, by hand and as properties."""

import numpy as np
import pytest
from helpers.tagged import sentences
from hypothesis import given
from hypothesis import strategies as st

from tagline.labels.entities import entities
from tagline.metrics.outcomes import count_errors, match, matching, outcomes, outcomes_of_errors
from tagline.metrics.scores import count

# By whether the types and the boundaries agree.
KINDS = {(True, True): "correct", (False, True): "type_error", (True, False): "boundary_error"}
PAIRS = st.lists(st.tuples(*[st.sampled_from(["O", "B-PER", "I-PER", "B-LOC", "I-LOC"])] * 2), max_size=12)


# The outcomes: gold, then predicted entities, with their words.
PAIRED = [
    ("B-A I-A", "B-B I-B", "type_error A0-2 B0-2"),
    ("B-A I-A", "B-A O", "boundary_error A0-2 A0-1"),
    ("O B-A", "B-A I-A", "boundary_error A1-2 A0-2"),
    # Neither the type nor the boundaries agree.
    ("B-A I-A", "B-B O", "spurious - B0-1, missed A0-2 -"),
    # Two entities predicted for one: the longer one is paired, on ties the left one.
    ("B-A I-A I-A", "B-A B-A I-A", "spurious - A0-1, boundary_error A0-3 A1-3"),
    ("B-A I-A", "B-A B-A", "boundary_error A0-2 A0-1, spurious - A1-2"),
    # One entity predicted for two.
    ("B-A B-A", "B-A I-A", "boundary_error A0-1 A0-2, missed A1-2 -"),
    # Most words in common first, and equal entities before overlaps.
    ("B-A B-A I-A", "B-A I-A I-A", "missed A0-1 -, boundary_error A1-3 A0-3"),
    ("O B-A", "B-A B-A", "spurious - A0-1, correct A1-2 A1-2"),
]


@pytest.mark.parametrize("gold, predicted, expected", PAIRED)
def test_entities_of_a_sentence_are_paired(gold, predicted, expected):
    found = []
    for kind, *sides in match(entities(gold.split()), entities(predicted.split())):
        found.append(" ".join([kind, *("{}{}-{}".format(*side) if side else "-" for side in sides)]))
    assert ", ".join(found) == expected


@given(PAIRS)
def test_each_entity_is_in_one_outcome_of_the_right_kind(rows):
    gold, predicted = (entities([row[side] for row in rows]) for side in (0, 1))
    result = match(gold, predicted)
    extents = [outcome.extent for outcome in result]
    assert extents == sorted(set(extents))
    assert sorted(outcome.gold for outcome in result if outcome.gold) == sorted(gold)
    assert sorted(outcome.predicted for outcome in result if outcome.predicted) == sorted(predicted)
    assert {outcome.gold for outcome in result if not outcome.is_error} == set(gold) & set(predicted)
    for kind, own, other in result:
        if own is None or other is None:
            assert kind == ("spurious" if own is None else "missed")
        else:
            assert kind == KINDS[own.type == other.type, own[1:] == other[1:]]
            assert max(own.start, other.start) < min(own.end, other.end)


def test_errors_are_counted_in_each_sentence():
    spans = sentences(["B-A I-A O", "O O", "B-A O B-B"], ["B-A O B-B", "O O", "B-A O B-A"])
    found = outcomes_of_errors(spans)
    assert found == {0: outcomes(spans[0]), 2: outcomes(spans[2])}
    counted = count_errors(found, 3)
    assert [*counted] == ["missed", "spurious", "type_error", "boundary_error"]
    assert np.array([*counted.values()]).tolist() == [[0, 0, 0], [1, 0, 0], [0, 0, 1], [1, 0, 0]]


def test_less_strict_scores_count_errors_of_type_or_boundaries_as_right():
    split = sentences(["B-X I-X I-X O B-Z", "B-X B-Y O"], ["B-X I-X O O B-X", "B-X O B-X"])
    errors = {kind: int(numbers.sum()) for kind, numbers in count_errors(outcomes_of_errors(split), 2).items()}
    found = matching(count(split, "spans"), {"correct": 1, **errors})
    # Of four entities each: one is right, one has another type, one other boundaries; one is missed, one spurious.
    assert [(name, each["precision"], each["recall"]) for name, each in found.items()] == [
        ("exact", 0.5, 0.5),
        ("type", 0.5, 0.5),
    ]
