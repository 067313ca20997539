"""Resampling: seeded, over whole sentences, independent of the block size, and equal to scipy's bootstrap."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.tagged import sentences
from scipy import stats

from tagline.metrics import resampling
from tagline.metrics.counts import Counts, count
from tagline.metrics.resampling import interval, intervals, weights
from tagline.metrics.scores import score


def all_weights(size: int, resamples: int, seed: int = 1) -> np.ndarray:
    return np.concatenate(list(weights(size, resamples, seed)))


def test_resample_has_as_many_sentences_as_the_split() -> None:
    drawn = all_weights(7, 50)
    assert drawn.shape == (50, 7)
    assert (drawn.sum(axis=1) == 7).all()
    assert (drawn >= 0).all()


def test_weights_depend_on_the_seed() -> None:
    assert (all_weights(9, 20) == all_weights(9, 20)).all()
    assert (all_weights(9, 20) != all_weights(9, 20, seed=2)).any()


@pytest.mark.parametrize(("block", "rows"), [(1, 1), (9, 1), (10, 1), (27, 3), (1000, 20)])
def test_weights_do_not_depend_on_the_block_size(block: int, rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = all_weights(9, 20)
    monkeypatch.setattr(resampling, "BLOCK", block)
    assert (all_weights(9, 20) == expected).all()
    assert max(map(len, weights(9, 20, 1))) == rows


def test_sentences_are_equally_likely() -> None:
    drawn = all_weights(5, 20_000)
    # A sentence's weight is binomial: mean 1, variance 0.8; four standard errors.
    np.testing.assert_allclose(drawn.mean(axis=0), 1, atol=4 * np.sqrt(0.8 / 20_000))
    np.testing.assert_allclose(drawn.var(axis=0), 0.8, rtol=0.05)


def test_no_sentences() -> None:
    assert all_weights(0, 3).shape == (3, 0)


def test_interval_of_known_values() -> None:
    values = np.arange(1001.0)[:, None] * [1, 2]
    low, high = interval(values)
    np.testing.assert_allclose(low, [25, 50])
    np.testing.assert_allclose(high, [975, 1950])


def test_equal_to_scipys_percentile_bootstrap() -> None:
    """Accuracy over sentences of one word, which scipy can compute too, with many resamples."""
    correct = np.random.default_rng(3).random(60) < 0.7
    counts = count(sentences(["A"] * 60, ["A" if one else "B" for one in correct], "tags"), "tags")
    low, high = interval(np.concatenate([counts.total(block).accuracy() for block in weights(60, 20_000, 4)]))
    reference = stats.bootstrap(
        (correct.astype(float),), np.mean, n_resamples=20_000, method="percentile", vectorized=True, rng=5
    ).confidence_interval
    # The statistic moves in steps of 1/60.
    assert (low, high) == pytest.approx(tuple(reference), abs=1.01 / 60)


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
