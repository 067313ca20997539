"""Entities by conlleval's rule, and what becomes of each gold one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics.sequence_labeling import get_entities

from tagline.labels.entities import Entity, Outcome, confidence, count_outcomes, entities, marked, match

TYPES = ["PER", "LOC", "O", "a-b", "micro avg"]
TAGS = ["O", *(f"{prefix}-{kind}" for kind in TYPES for prefix in "BI")]
SEQUENCES = st.lists(st.sampled_from(TAGS), max_size=12)
PAIRS = st.lists(st.tuples(*[st.sampled_from(TAGS[:5])] * 2), max_size=12)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("", []),
        ("O O", []),
        ("B-PER I-PER O B-LOC", [("PER", 0, 2), ("LOC", 3, 4)]),
        ("B-PER B-PER", [("PER", 0, 1), ("PER", 1, 2)]),
        ("O I-PER I-PER", [("PER", 1, 3)]),  # I- that continues nothing begins an entity
        ("I-PER B-PER", [("PER", 0, 1), ("PER", 1, 2)]),
        ("B-PER I-LOC I-LOC", [("PER", 0, 1), ("LOC", 1, 3)]),  # and so does a change of type
        ("B-PER O I-PER", [("PER", 0, 1), ("PER", 2, 3)]),
        ("B-O I-O O I-O", [("O", 0, 2), ("O", 3, 4)]),
    ],
)
def test_conllevals_rules(tags: str, expected: list[tuple[str, int, int]]) -> None:
    assert entities(tags.split()) == expected


@given(SEQUENCES)
def test_equal_to_seqeval(tags: list[str]) -> None:
    assert entities(tags) == [(kind, begin, last + 1) for kind, begin, last in get_entities(tags)]


def test_an_entitys_score_is_the_mean_of_its_words() -> None:
    assert confidence(Entity("A", 1, 3), np.array([0.1, 0.5, 1.0, 0.1], np.float32)) == 0.75


def outcomes(gold: str, predicted: str) -> list[tuple[str, tuple[str, int, int] | None, tuple[str, int, int] | None]]:
    return [tuple(outcome) for outcome in match(entities(gold.split()), entities(predicted.split()))]


@pytest.mark.parametrize(
    ("gold", "predicted", "expected"),
    [
        ("O", "O", []),
        ("B-A I-A", "B-A I-A", [("correct", ("A", 0, 2), ("A", 0, 2))]),
        ("B-A I-A", "B-B I-B", [("type_error", ("A", 0, 2), ("B", 0, 2))]),
        ("B-A I-A", "B-A O", [("boundary_error", ("A", 0, 2), ("A", 0, 1))]),
        ("O B-A", "B-A I-A", [("boundary_error", ("A", 1, 2), ("A", 0, 2))]),
        ("B-A O", "O O", [("missed", ("A", 0, 1), None)]),
        ("O O", "B-A O", [("spurious", None, ("A", 0, 1))]),
        # Neither type nor ends agree.
        ("B-A I-A", "B-B O", [("missed", ("A", 0, 2), None), ("spurious", None, ("B", 0, 1))]),
        # One taken for two: the longer half counts, and of equals the left one.
        ("B-A I-A I-A", "B-A B-A I-A", [("boundary_error", ("A", 0, 3), ("A", 1, 3)), ("spurious", None, ("A", 0, 1))]),
        ("B-A I-A", "B-A B-A", [("boundary_error", ("A", 0, 2), ("A", 0, 1)), ("spurious", None, ("A", 1, 2))]),
        # Two taken for one.
        ("B-A B-A", "B-A I-A", [("boundary_error", ("A", 0, 1), ("A", 0, 2)), ("missed", ("A", 1, 2), None)]),
        # Most words in common first, and what agrees wholly before any overlap.
        ("B-A B-A I-A", "B-A I-A I-A", [("missed", ("A", 0, 1), None), ("boundary_error", ("A", 1, 3), ("A", 0, 3))]),
        ("O B-A", "B-A B-A", [("spurious", None, ("A", 0, 1)), ("correct", ("A", 1, 2), ("A", 1, 2))]),
    ],
)
def test_what_became_of_each(gold: str, predicted: str, expected: list[tuple]) -> None:
    assert outcomes(gold, predicted) == expected


def test_from_left_to_right() -> None:
    found = match([Entity("A", 2, 3), Entity("A", 6, 9)], [Entity("B", 0, 1), Entity("A", 2, 3), Entity("B", 6, 7)])
    assert [outcome.kind for outcome in found] == ["spurious", "correct", "missed", "spurious"]


@given(PAIRS)
def test_each_entity_is_in_one_outcome(rows: list[tuple[str, str]]) -> None:
    gold, predicted = (entities([row[side] for row in rows]) for side in (0, 1))
    found = match(gold, predicted)
    assert sorted(outcome.gold for outcome in found if outcome.gold) == sorted(gold)
    assert sorted(outcome.predicted for outcome in found if outcome.predicted) == sorted(predicted)
    right = {outcome.gold for outcome in found if outcome.kind == "correct"}
    assert right == set(gold) & set(predicted)


@given(PAIRS)
def test_kinds_mean_what_they_say(rows: list[tuple[str, str]]) -> None:
    gold, predicted = (entities([row[side] for row in rows]) for side in (0, 1))
    for kind, a, b in match(gold, predicted):
        if a is None or b is None:
            assert kind == ("spurious" if a is None else "missed")
            continue
        same_ends = a[1:] == b[1:]
        assert (
            kind
            == {(True, True): "correct", (False, True): "type_error", (True, False): "boundary_error"}[
                a.type == b.type, same_ends
            ]
        )
        assert max(a.start, b.start) < min(a.end, b.end)


@given(PAIRS)
def test_sides_may_be_swapped(rows: list[tuple[str, str]]) -> None:
    gold, predicted = (entities([row[side] for row in rows]) for side in (0, 1))
    swapped = {"missed": "spurious", "spurious": "missed"}
    there = sorted(outcome.kind for outcome in match(gold, predicted))
    back = sorted(swapped.get(outcome.kind, outcome.kind) for outcome in match(predicted, gold))
    assert there == back


def test_an_outcome_reads_as_a_tuple() -> None:
    assert match([Entity("A", 0, 1)], []) == [Outcome("missed", ("A", 0, 1), None)]


def test_plain_tags_mark_each_word() -> None:
    assert marked(["NOUN", "NOUN", "B-side"], "tags") == [("NOUN", 0, 1), ("NOUN", 1, 2), ("B-side", 2, 3)]
    assert marked(["B-A", "I-A"], "spans") == [("A", 0, 2)]


def test_outcomes_are_counted_over_sentences() -> None:
    gold = [["B-A", "I-A", "O"], ["B-A", "O", "B-B"]]
    predicted = [["B-A", "O", "B-B"], ["B-A", "O", "B-A"]]
    assert count_outcomes(gold, predicted, "spans") == {
        "correct": 1,
        "missed": 0,
        "spurious": 1,
        "type_error": 1,
        "boundary_error": 1,
    }
    assert count_outcomes([["X", "Y"]], [["X", "X"]], "tags") == {"correct": 1, "type_error": 1}
