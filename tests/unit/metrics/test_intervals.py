"""Intervals: they contain the score, have the right width, and exist for the right scores."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.tagged import sentences

from tagline.metrics.counts import Counts, count
from tagline.metrics.intervals import intervals
from tagline.metrics.scores import score


def corpus(size: int, seed: int = 1) -> Counts:
    """Sentences of one entity, of which about four in five are predicted."""
    draws = np.random.default_rng(seed).random((size, 2))
    gold = ["B-A O" if draw < 0.5 else "B-B O" for draw, _ in draws]
    predicted = [row if draw < 0.8 else "O O" for row, (_, draw) in zip(gold, draws, strict=True)]
    return count(sentences(gold, predicted), "spans")


def width(ends: dict[str, float]) -> float:
    return ends["high"] - ends["low"]


def test_interval_contains_its_score() -> None:
    counts = corpus(200)
    found = intervals(counts, 200, 7)
    scores = score(counts)
    assert set(found["overall"]) == {"precision", "recall", "f1", "accuracy"}
    for name, ends in found["overall"].items():
        assert 0 <= ends["low"] <= scores["overall"][name] <= ends["high"] <= 1
    assert list(found["per_type"]) == list(scores["per_type"]) == ["A", "B"]
    for name, ends in found["per_type"].items():
        assert ends["f1"]["low"] < scores["per_type"][name]["f1"] < ends["f1"]["high"]


def test_width_of_recall_is_that_of_a_binomial_share() -> None:
    """With one entity per sentence and a recall of 0.8: 1.96 standard errors to each side."""
    ends = intervals(corpus(400), 2000, 3)["overall"]["recall"]
    assert width(ends) == pytest.approx(2 * 1.96 * np.sqrt(0.8 * 0.2 / 400), rel=0.15)


def test_more_sentences_have_narrower_intervals() -> None:
    few, many = (intervals(corpus(size), 500, 3)["overall"]["f1"] for size in (50, 5000))
    assert width(many) < width(few) / 5


def test_intervals_depend_on_the_seed_alone() -> None:
    counts = corpus(60)
    assert intervals(counts, 100, 1) == intervals(counts, 100, 1)
    assert intervals(counts, 100, 1) != intervals(counts, 100, 2)


@pytest.mark.parametrize("right", [False, True])
def test_interval_of_a_macro_score_is_about_the_tags_of_the_split(right: bool) -> None:
    """Of 21 tags, 20 occur once: all of them wrong, or all right."""
    gold = ["A"] * 20 + [f"B{number}" for number in range(20)]
    predicted = gold if right else ["A"] * 40
    counts = count(sentences(gold, predicted, "tags"), "tags")
    f1, ends = score(counts)["overall"]["f1"], intervals(counts, 200, 1)["overall"]["f1"]
    assert ends["low"] <= f1 <= ends["high"] and width(ends) < 0.02


def test_tag_that_is_only_predicted_is_left_out() -> None:
    counts = count(sentences(["A B"], ["A C"], "tags"), "tags")
    assert list(intervals(counts, 100, 1)["per_type"]) == ["A", "B"]


def of_spans(gold: list[str], predicted: list[str]) -> dict:
    return intervals(count(sentences(gold, predicted), "spans"), 100, 1)


def test_intervals_of_perfect_and_useless_predictions() -> None:
    assert of_spans(["B-A"], ["B-A"])["overall"]["f1"] == {"low": 1, "high": 1}
    assert of_spans(["B-A", "O"], ["O", "O"])["overall"]["f1"] == {"low": 0, "high": 0}
    assert of_spans(["O"], ["O"])["per_type"] == {}
