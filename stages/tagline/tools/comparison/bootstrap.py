"""Bootstrap intervals for the difference of two sides, over sentences and over runs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tagline.labels.arrays import Doubles
from tagline.metrics.resampling import interval, weights
from tagline.tools.comparison.count_matrices import CountMatrix

RESAMPLES = 1000


def difference_interval(old: Sequence[CountMatrix], new: Sequence[CountMatrix], seed: int) -> tuple[Doubles, Doubles]:
    """Compute the 95 % interval of new minus old, where each side is the mean of its runs.

    A paired bootstrap: the same sentences are drawn with replacement for all runs (Efron and Tibshirani, 1993). If a
    side has several runs, these are drawn too.

    Args:
        old: one matrix per run.
        new: likewise; all of the same sentences and types.
        seed: of the resampling.

    Returns:
        The lower and upper bounds, each (scores,) in the order of `CountMatrix.scores`.
    """
    generator = np.random.default_rng(seed)
    differences = []
    for block in weights(len(old[0].counts), RESAMPLES, seed):
        means = []
        for side in (old, new):
            weights_of_runs = draw_runs(generator, len(block), len(side))
            scores = [matrix.scores(block @ matrix.counts) for matrix in side]
            means.append(sum(weight[:, None] * each for weight, each in zip(weights_of_runs.T, scores, strict=True)))
        differences.append(means[1] - means[0])
    return interval(np.concatenate(differences))


def draw_runs(generator: np.random.Generator, resamples: int, runs: int) -> Doubles:
    """Draw the weight of each run in each resample: (resamples, runs), rows sum to 1.

    n - 1 of n runs are drawn, which makes the variance of the resampled mean unbiased (Rao and Wu, 1988). Drawing 3 of
    3 would make the standard deviation about a fifth too small.
    """
    drawn = max(1, runs - 1)
    return generator.multinomial(drawn, np.full(runs, 1 / runs), size=resamples) / drawn
