"""Bootstrap: where the difference of two sides would lie with other sentences, and with other seeds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tagline.comparison.count_matrices import CountMatrix
from tagline.metrics.resampling import interval, weights

Floats = npt.NDArray[np.float64]

RESAMPLES = 1000


def difference_interval(old: Sequence[CountMatrix], new: Sequence[CountMatrix], seed: int) -> tuple[Floats, Floats]:
    """The 95 % interval of new minus old, each the mean of its runs.

    Sentences are drawn with replacement, the same ones for all runs, which is what pairs them (Efron and Tibshirani,
    1993). Of a side of several runs these are drawn as well.

    Returns:
        The lower and the upper ends: (scores,) each, in the order of `Sheet.scores`.
    """
    generator = np.random.default_rng(seed)
    found = []
    for block in weights(len(old[0].counts), RESAMPLES, seed):
        means = []
        for side in (old, new):
            shares = draw_runs(generator, len(block), len(side))
            scores = [sheet.scores(block @ sheet.counts) for sheet in side]
            means.append(sum(share[:, None] * each for share, each in zip(shares.T, scores, strict=True)))
        found.append(means[1] - means[0])
    return interval(np.concatenate(found))


def draw_runs(generator: np.random.Generator, resamples: int, runs: int) -> Floats:
    """The share that each run has in each resample: (resamples, runs).

    One run fewer than there are is drawn, so that the mean of those drawn varies as much as the mean of so many runs
    does (Rao and Wu, 1988): drawing all three of three would make the spread a fifth too small.
    """
    drawn = max(1, runs - 1)
    return generator.multinomial(drawn, np.full(runs, 1 / runs), size=resamples) / drawn
