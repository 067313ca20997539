"""Resampling: seeded, over whole sentences, independent of the block size, and equal to scipy's bootstrap."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.tagged import sentences
from scipy import stats

from tagline.metrics import resampling
from tagline.metrics.counts import count
from tagline.metrics.resampling import interval, weights


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
