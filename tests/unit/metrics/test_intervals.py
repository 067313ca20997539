"""Intervals: where a score lies, how wide they are, and which scores have one."""

from __future__ import annotations

import numpy as np
import pytest

from tagline.metrics.counts import Counts, count
from tagline.metrics.intervals import intervals
from tagline.metrics.scores import score


def corpus(sentences: int, seed: int = 1) -> tuple[list[list[str]], list[list[str]]]:
    """Sentences of which about four in five entities are found."""
    draw = np.random.default_rng(seed).random((sentences, 2))
    gold = [["B-A" if a < 0.5 else "B-B", "O"] for a, _ in draw]
    return gold, [row if b < 0.8 else ["O", "O"] for row, (_, b) in zip(gold, draw, strict=True)]


def counted(sentences: int) -> Counts:
    return count(*corpus(sentences), "spans")


def width(ends: dict[str, float]) -> float:
    return ends["high"] - ends["low"]


def test_an_interval_holds_its_score() -> None:
    gold, predicted = corpus(200)
    found = intervals(count(gold, predicted, "spans"), 200, 7)
    scores = score(gold, predicted, "spans")
    assert set(found["overall"]) == {"precision", "recall", "f1", "accuracy"}
    for name, ends in found["overall"].items():
        assert 0 <= ends["low"] <= scores["overall"][name] <= ends["high"] <= 1
    assert list(found["per_type"]) == list(scores["per_type"]) == ["A", "B"]
    for name, ends in found["per_type"].items():
        assert ends["f1"]["low"] < scores["per_type"][name]["f1"] < ends["f1"]["high"]


def test_recall_is_as_sure_as_a_share_of_so_many() -> None:
    """An entity a sentence, four in five found: the binomial's standard error, 1.96 times to either side."""
    ends = intervals(counted(400), 2000, 3)["overall"]["recall"]
    assert width(ends) == pytest.approx(2 * 1.96 * np.sqrt(0.8 * 0.2 / 400), rel=0.15)


def test_more_sentences_make_it_narrower() -> None:
    few, many = (intervals(counted(size), 500, 3)["overall"]["f1"] for size in (50, 5000))
    assert width(many) < width(few) / 5


def test_the_seed_decides() -> None:
    counts = counted(60)
    assert intervals(counts, 100, 1) == intervals(counts, 100, 1)
    assert intervals(counts, 100, 1) != intervals(counts, 100, 2)


def test_a_tag_that_is_only_predicted_has_none() -> None:
    assert list(intervals(count([["A", "B"]], [["A", "C"]], "tags"), 100, 1)["per_type"]) == ["A", "B"]


def test_a_model_that_is_always_right_and_one_that_never_is() -> None:
    gold = [["B-A"], ["O"]]
    assert intervals(count(gold[:1], gold[:1], "spans"), 100, 1)["overall"]["f1"] == {"low": 1, "high": 1}
    assert intervals(count(gold, [["O"], ["O"]], "spans"), 100, 1)["overall"]["f1"] == {"low": 0, "high": 0}
    assert intervals(count([["O"]], [["O"]], "spans"), 100, 1)["per_type"] == {}
