"""The bootstrap: seeded, over whole sentences, the same in blocks of any size, and as wide as scipy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from tagline.metrics import resampling
from tagline.metrics.counts import count
from tagline.metrics.resampling import interval, weights


def all_weights(sentences: int, resamples: int, seed: int = 1) -> np.ndarray:
    return np.concatenate(list(weights(sentences, resamples, seed)))


def test_each_resample_draws_as_many_sentences_as_there_are() -> None:
    drawn = all_weights(7, 50)
    assert drawn.shape == (50, 7)
    assert (drawn.sum(axis=1) == 7).all()
    assert (drawn >= 0).all()


def test_the_seed_decides() -> None:
    assert (all_weights(9, 20) == all_weights(9, 20)).all()
    assert (all_weights(9, 20) != all_weights(9, 20, seed=2)).any()


@pytest.mark.parametrize(("block", "rows"), [(1, 1), (9, 1), (10, 1), (27, 3), (1000, 20)])
def test_blocks_change_nothing(block: int, rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = all_weights(9, 20)
    monkeypatch.setattr(resampling, "BLOCK", block)
    assert (all_weights(9, 20) == expected).all()
    assert max(map(len, weights(9, 20, 1))) == rows


def test_every_sentence_is_as_likely() -> None:
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
    """Of a statistic that scipy can compute, accuracy over sentences of one word, with far more resamples."""
    right = np.random.default_rng(3).random(60) < 0.7
    counts = count([["A"]] * 60, [["A" if one else "B"] for one in right], "tags")
    low, high = interval(np.concatenate([counts.total(block).accuracy() for block in weights(60, 20_000, 4)]))
    reference = stats.bootstrap(
        (right.astype(float),), np.mean, n_resamples=20_000, method="percentile", vectorized=True, rng=5
    ).confidence_interval
    # The statistic moves in steps of 1/60.
    assert (low, high) == pytest.approx(tuple(reference), abs=1.01 / 60)
