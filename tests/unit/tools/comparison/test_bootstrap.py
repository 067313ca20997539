"""The bootstrap interval of a difference, against sentences that are resampled one by one and against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.runs import counts_of, sentences_of
from scipy import stats

from tagline.metrics.counts import count
from tagline.metrics.resampling import interval, weights
from tagline.metrics.scores import score
from tagline.tools.comparison import bootstrap
from tagline.tools.comparison.bootstrap import difference_interval, draw_runs
from tagline.tools.comparison.count_matrices import OVERALL, count_matrices

TAGS = ["O", "B-PER", "I-PER", "B-LOC"]


def sample(sentences: int, shares: tuple[float, ...]) -> tuple[list, list[list]]:
    """Return gold labels, and runs with about the given shares of them correct."""
    generator = np.random.default_rng(3)
    gold = [generator.choice(TAGS, size=5).tolist() for _ in range(sentences)]
    runs = [[[tag if generator.random() < share else "O" for tag in row] for row in gold] for share in shares]
    return gold, runs


def test_the_interval_equals_that_of_scoring_resampled_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "RESAMPLES", 40)
    gold, (old, new) = sample(9, (0.6, 0.8))
    both = count_matrices([counts_of(gold, side) for side in (old, new)])
    sentences = [sentences_of(gold, side) for side in (old, new)]
    by_hand = []
    for row in np.concatenate(list(weights(9, 40, 5))).astype(int):
        drawn = np.repeat(np.arange(9), row)
        first, second = (score(count([side[index] for index in drawn], "spans"))["overall"] for side in sentences)
        by_hand.append([second[name] - first[name] for name in OVERALL])
    low, high = difference_interval(both[:1], both[1:], seed=5)
    expected = interval(by_hand)
    assert low[: len(OVERALL)] == pytest.approx(expected[0], abs=2e-6)  # scores have six digits
    assert high[: len(OVERALL)] == pytest.approx(expected[1], abs=2e-6)


def test_the_interval_is_about_that_of_scipy() -> None:
    gold, runs = sample(150, (0.7, 0.75))
    both = count_matrices([counts_of(gold, run) for run in runs])

    def f1(indices: np.ndarray, axis: int = -1) -> np.ndarray:
        first, second = (matrix.scores(matrix.counts[indices].sum(axis=axis - 1)) for matrix in both)
        return (second - first)[..., 0]

    reference = stats.bootstrap(
        (np.arange(150),), f1, vectorized=True, method="percentile", n_resamples=4000, random_state=1
    ).confidence_interval
    low, high = difference_interval(both[:1], both[1:], seed=1)
    assert (low[0], high[0]) == pytest.approx((reference.low, reference.high), abs=0.012)


def test_equal_sides_have_an_interval_of_zero() -> None:
    gold, (run,) = sample(20, (0.7,))
    both = count_matrices([counts_of(gold, run)] * 2)
    low, high = difference_interval(both[:1], both[1:], seed=1)
    assert not low.any()
    assert not high.any()


def test_equal_runs_leave_the_interval_as_it_is() -> None:
    gold, (old, new) = sample(20, (0.6, 0.8))
    a, b = count_matrices([counts_of(gold, side) for side in (old, new)])
    one, three = difference_interval([a], [b], seed=1), difference_interval([a] * 3, [b] * 3, seed=1)
    assert np.concatenate(three) == pytest.approx(np.concatenate(one))


def test_different_runs_widen_the_interval() -> None:
    gold, runs = sample(40, (0.4, 0.6, 0.8))
    middle, *_ = count_matrices([counts_of(gold, runs[1])])
    different = count_matrices([counts_of(gold, run) for run in runs])
    low, high = difference_interval([middle], different, seed=1)
    assert high[0] - low[0] > 0.2


@pytest.mark.parametrize("runs", [2, 3, 5])
def test_the_mean_of_drawn_runs_has_the_variance_of_the_mean(runs: int) -> None:
    values = np.arange(runs, dtype=float) ** 2
    means = draw_runs(np.random.default_rng(1), 40_000, runs) @ values
    assert means.var() == pytest.approx(values.var(ddof=1) / runs, rel=0.03)
    assert means.mean() == pytest.approx(values.mean(), rel=0.03)


def test_a_single_run_is_always_drawn() -> None:
    assert (draw_runs(np.random.default_rng(1), 10, 1) == 1).all()
