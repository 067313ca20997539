"""Approximate randomisation: p-values of the differences between two runs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tagline.labels.arrays import Doubles
from tagline.metrics.resampling import BLOCK
from tagline.tools.comparison.count_matrices import CountMatrix

SHUFFLES = 10_000
# Up to this many sentences, all 2 ** 13 = 8192 swaps are computed, which are fewer than SHUFFLES, and p is exact.
EXACT = 13
# Tolerance for rounding.
_EPSILON = 1e-12


def p_values(old: CountMatrix, new: CountMatrix, seed: int) -> Doubles:
    """Compute the two-sided p of the difference of each score by approximate randomisation (Noreen, 1989; Yeh, 2000).

    Under the null hypothesis, the two predictions for a sentence are exchangeable. So they are swapped at random in
    each sentence, many times, and p is the share of shuffles with a difference at least as large as the observed one.
    Sentences with the same counts on both sides have no influence and are skipped.

    Returns:
        (scores,), in the order of `CountMatrix.scores`.
    """
    gaps = new.counts - old.counts
    gaps = gaps[gaps.any(axis=1)]
    totals = old.counts.sum(axis=0), new.counts.sum(axis=0)
    observed = np.abs(new.total() - old.total())
    extreme, shuffles = np.zeros(len(observed)), 0
    for swapped in _swaps(len(gaps), seed):
        moved = swapped @ gaps
        difference = np.abs(new.scores(totals[1] - moved) - old.scores(totals[0] + moved))
        extreme += np.count_nonzero(difference >= observed - _EPSILON, axis=0)
        shuffles += len(swapped)
    # Random shuffles do not include the observed assignment, which counts as one more: p is never 0.
    observed_once = int(len(gaps) > EXACT)
    return np.asarray((extreme + observed_once) / (shuffles + observed_once))


def _swaps(sentences: int, seed: int) -> Iterator[Doubles]:
    """Yield blocks (shuffles, sentences) with 1 for swapped sentences: all swaps, or `SHUFFLES` random ones."""
    if sentences <= EXACT:
        yield (np.arange(2**sentences)[:, None] >> np.arange(sentences) & 1).astype(np.float64)
        return
    generator = np.random.default_rng(seed)
    rows = max(1, BLOCK // sentences)
    for begin in range(0, SHUFFLES, rows):
        bits = generator.integers(256, size=(min(rows, SHUFFLES - begin), -(-sentences // 8)), dtype=np.uint8)
        yield np.unpackbits(bits, axis=1)[:, :sentences].astype(np.float64)
