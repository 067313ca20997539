"""Counts add up to the scores of `tagline.metrics.scores`, for all sentences and for any choice of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagline.labels.label_list import Kind
from tagline.metrics.counts import count
from tagline.metrics.scores import score

SPANS = ["O", "B-A", "I-A", "B-B", "I-B"]
TAGS = ["NOUN", "VERB", "O"]


def corpora(tags: list[str]) -> st.SearchStrategy[list[list[tuple[str, str]]]]:
    return st.lists(st.lists(st.tuples(*[st.sampled_from(tags)] * 2), min_size=1, max_size=6), min_size=1, max_size=6)


def sides(rows: list[list[tuple[str, str]]]) -> tuple[list[list[str]], list[list[str]]]:
    return [[a for a, _ in row] for row in rows], [[b for _, b in row] for row in rows]


def scores(gold: list[list[str]], predicted: list[list[str]], kind: Kind, weights: object = None) -> dict:
    """As `score` gives them, out of counts."""
    counts = count(gold, predicted, kind)
    total = counts.total(weights)
    overall, each = total.overall(), total.per_type()
    return {
        "overall": overall._asdict() | {"accuracy": total.accuracy()},
        "per_type": {name: [of[place] for of in each] for place, name in enumerate(counts.types)},
    }


def assert_equal(found: dict, expected: dict) -> None:
    for name, value in found["overall"].items():
        assert value == pytest.approx(expected["overall"][name], abs=1e-6), name
    for name, numbers in expected["per_type"].items():
        assert found["per_type"][name] == pytest.approx(
            [numbers[key] for key in ("precision", "recall", "f1")], abs=1e-6
        )


@pytest.mark.parametrize(("kind", "tags"), [("spans", SPANS), ("tags", TAGS)])
def test_equal_to_score(kind: Kind, tags: list[str]) -> None:
    @given(corpora(tags))
    def check(rows: list[list[tuple[str, str]]]) -> None:
        gold, predicted = sides(rows)
        assert_equal(scores(gold, predicted, kind), score(gold, predicted, kind))

    check()


@pytest.mark.parametrize(("kind", "tags"), [("spans", SPANS), ("tags", TAGS)])
def test_a_weight_repeats_a_sentence(kind: Kind, tags: list[str]) -> None:
    @given(corpora(tags), st.data())
    def check(rows: list[list[tuple[str, str]]], data: st.DataObject) -> None:
        size = st.lists(st.integers(0, 3), min_size=len(rows), max_size=len(rows)).filter(any)
        weights = data.draw(size)
        gold, predicted = sides(rows)
        repeated = [
            [row for row, times in zip(side, weights, strict=True) for _ in range(times)] for side in (gold, predicted)
        ]
        assert_equal(scores(gold, predicted, kind, weights), score(*repeated, kind))

    check()


def test_many_weightings_at_once() -> None:
    counts = count([["B-A", "O"], ["B-A", "O"]], [["B-A", "O"], ["O", "O"]], "spans")
    total = counts.total([[1, 1], [2, 0], [0, 2], [0, 0]])
    np.testing.assert_allclose(total.overall().recall, [0.5, 1, 0, 0])
    np.testing.assert_allclose(total.overall().precision, [1, 1, 0, 0])
    np.testing.assert_allclose(total.per_type().recall, [[0.5], [1], [0], [0]])
    np.testing.assert_allclose(total.accuracy(), [0.75, 1, 0.5, 0])


def test_types_are_those_of_both_sides_sorted() -> None:
    counts = count([["B-Z", "O"], ["B-O", "O"]], [["B-A", "B-micro avg"], ["O", "O"]], "spans")
    assert counts.types == ("A", "O", "Z", "micro avg")
    assert counts.gold.tolist() == [[0, 0, 1, 0], [0, 1, 0, 0]]
    assert counts.predicted.tolist() == [[1, 0, 0, 1], [0, 0, 0, 0]]
    assert counts.right.tolist() == [[0] * 4] * 2
    assert (counts.words.tolist(), counts.right_words.tolist()) == ([2, 2], [0, 1])


def test_nothing_at_all() -> None:
    total = count([["O"]], [["O"]], "spans").total()
    assert [float(value) for value in (*total.overall(), total.accuracy())] == [0, 0, 0, 1]
    assert count([], [], "tags").total().accuracy() == 0
