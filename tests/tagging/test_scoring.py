"""Scores against the course chapter's figures, against seqeval, and against conlleval's rules by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics import accuracy_score, f1_score, precision_score, recall_score

from tagging.scoring import score

TAGS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]


def test_the_chapters_made_up_prediction() -> None:
    gold = ["B-ORG", "O", "B-MISC", "O", "O", "O", "B-MISC", "O", "O"]
    predicted = [*gold]
    predicted[2] = "O"
    scores = score([gold], [predicted], "spans")
    rounded = {
        name: [round(numbers[key], 2) for key in ("precision", "recall", "f1", "number")]
        for name, numbers in scores["per_type"].items()
    }
    assert rounded == {"MISC": [1.0, 0.5, 0.67, 2], "ORG": [1.0, 1.0, 1.0, 1]}
    overall = {key: round(value, 2) for key, value in scores["overall"].items()}
    assert overall == {"precision": 1.0, "recall": 0.67, "f1": 0.8, "accuracy": 0.89, "number": 3}


@pytest.mark.parametrize(
    ("gold", "predicted", "right", "found", "number"),
    [
        ("B-PER I-PER O", "B-PER I-PER O", 1, 1, 1),
        ("B-PER I-PER O", "B-PER O O", 0, 1, 1),  # a wrong end
        ("B-PER I-PER O", "B-LOC I-LOC O", 0, 1, 1),  # a wrong type
        ("B-PER B-PER", "B-PER I-PER", 0, 1, 2),  # two taken for one
        ("B-PER I-PER", "B-PER B-PER", 0, 2, 1),  # one taken for two
        ("O B-PER", "O I-PER", 1, 1, 1),  # I- may start an entity
        ("B-PER I-PER", "B-PER I-LOC", 0, 2, 1),  # a change of type starts another
        ("O O", "B-LOC O", 0, 1, 0),
        ("B-LOC O", "O O", 0, 0, 1),
        ("O O", "O O", 0, 0, 0),
    ],
)
def test_conllevals_rules(gold: str, predicted: str, right: int, found: int, number: int) -> None:
    overall = score([gold.split()], [predicted.split()], "spans")["overall"]
    assert overall["number"] == number
    assert overall["precision"] == pytest.approx(right / found if found else 0)
    assert overall["recall"] == pytest.approx(right / number if number else 0)


@given(st.lists(st.lists(st.tuples(*[st.sampled_from(TAGS)] * 2), min_size=1, max_size=8), min_size=1, max_size=6))
def test_equal_to_seqeval(rows: list[list[tuple[str, str]]]) -> None:
    gold = [[a for a, _ in row] for row in rows]
    predicted = [[b for _, b in row] for row in rows]
    overall = score(gold, predicted, "spans")["overall"]
    reference = {
        "precision": precision_score(gold, predicted, zero_division=0),
        "recall": recall_score(gold, predicted, zero_division=0),
        "f1": f1_score(gold, predicted, zero_division=0),
        "accuracy": accuracy_score(gold, predicted),
    }
    assert {name: overall[name] for name in reference} == pytest.approx(reference, abs=1e-6)


def test_plain_tags_keep_their_letters_and_are_averaged_over_tags() -> None:
    scores = score([["NOUN", "VERB"], ["NOUN"]], [["NOUN", "NOUN"], ["NOUN"]], "tags")
    assert scores["per_type"] == {
        "NOUN": {"precision": 0.666667, "recall": 1.0, "f1": 0.8, "number": 2},
        "VERB": {"precision": 0.0, "recall": 0.0, "f1": 0.0, "number": 1},
    }
    assert scores["overall"] == {"precision": 0.333333, "recall": 0.5, "f1": 0.4, "accuracy": 0.666667, "number": 3}


def test_types_come_out_sorted() -> None:
    scores = score([["B-Z", "B-A"]], [["B-Z", "B-M"]], "spans")
    assert list(scores["per_type"]) == ["A", "M", "Z"]
