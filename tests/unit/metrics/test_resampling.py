"""Resampling: seeded, over whole sentences, independent of the block size, and equal to scipy's bootstrap."""

import numpy as np
import pytest
from helpers.tagged import sentences
from scipy import stats

from tagline.metrics import resampling
from tagline.metrics.resampling import interval, intervals, weights
from tagline.metrics.scores import count, score


@pytest.mark.parametrize("block, rows", [(1, 1), (27, 3), (1000, 20)])
def test_weights_depend_on_the_seed_and_not_on_the_block_size(block, rows, monkeypatch):
    expected = np.concatenate([*weights(9, 20, 1)])
    assert expected.shape == (20, 9)
    assert (expected.sum(axis=1) == 9).all() and (expected >= 0).all()
    monkeypatch.setattr(resampling, "BLOCK", block)
    found = [*weights(9, 20, 1)]
    assert (np.concatenate(found) == expected).all()
    assert max(map(len, found)) == rows
    assert (np.concatenate([*weights(9, 20, 2)]) != expected).any()
    assert np.concatenate([*weights(0, 3, 1)]).shape == (3, 0)


def test_equal_to_scipys_percentile_bootstrap():
    """Accuracy over sentences of one word, which scipy can compute too, with many resamples."""
    correct = np.random.default_rng(3).random(60) < 0.7
    counts = count(sentences(["A"] * 60, ["A" if one else "B" for one in correct], "tags"), "tags")
    low, high = interval(np.concatenate([counts.total(block).accuracy() for block in weights(60, 20_000, 4)]))
    options = {"n_resamples": 20_000, "method": "percentile", "vectorized": True, "rng": 5}
    reference = stats.bootstrap((correct.astype(float),), np.mean, **options).confidence_interval
    # The statistic moves in steps of 1/60.
    assert (low, high) == pytest.approx(tuple(reference), abs=1.01 / 60)


def test_interval_contains_its_score():
    # Sentences of one entity, of which four in five are predicted.
    gold = ["B-A O", "B-B O"] * 100
    counts = count(sentences(gold, [row if index % 5 else "O O" for index, row in enumerate(gold)]), "spans")
    found, scores = intervals(counts), score(counts)
    assert found["overall"].keys() == scores["overall"].keys() - {"number"}
    assert found["per_type"].keys() == scores["per_type"].keys() == {"A", "B"}
    for name, ends in found["overall"].items():
        assert 0 <= ends["low"] <= scores["overall"][name] <= ends["high"] <= 1
    for name, ends in found["per_type"].items():
        assert ends["f1"]["low"] < scores["per_type"][name]["f1"] < ends["f1"]["high"]


@pytest.mark.parametrize("right", [False, True])
def test_interval_of_a_macro_score_is_about_the_tags_of_the_split(right):
    """Of 21 tags, 20 occur once: all of them wrong, or all right. One more is predicted only."""
    gold = ["A"] * 20 + [f"B{number}" for number in range(20)]
    counts = count(sentences(gold, ["C", *(gold[1:] if right else ["A"] * 39)], "tags"), "tags")
    found = intervals(counts)
    ends = found["overall"]["f1"]
    assert ends["low"] <= score(counts)["overall"]["f1"] <= ends["high"] < ends["low"] + 0.02
    assert "C" not in found["per_type"], "a tag that is only predicted is left out"
