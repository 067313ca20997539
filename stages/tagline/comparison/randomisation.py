"""Randomisation: how often two sides that differ by chance alone would lie as far apart as these two do."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from tagline.comparison.count_matrices import CountMatrix
from tagline.metrics.resampling import BLOCK

Floats = npt.NDArray[np.float64]

SHUFFLES = 10_000
# The sides of so few sentences can be swapped in all 2 ** 13 ways, which are fewer than SHUFFLES: p is exact then.
EXACT = 13
# What differs by rounding only is equal.
_EPSILON = 1e-12


def p_values(old: CountMatrix, new: CountMatrix, seed: int) -> Floats:
    """Find the two-sided p of the difference of each score by approximate randomisation (Noreen, 1989; Yeh, 2000).

    If the sides were alike, what each predicted of a sentence could as well be the other's. So both are swapped in
    every sentence by a coin, again and again, and p is the share of times that they lie at least as far apart as they
    do. Sentences whose counts are the same on both sides play no part in it.

    Returns:
        (scores,), in the order of `Sheet.scores`.
    """
    gaps = new.counts - old.counts
    gaps = gaps[gaps.any(axis=1)]
    totals = old.counts.sum(axis=0), new.counts.sum(axis=0)
    observed = np.abs(new.total() - old.total())
    extreme, tried = np.zeros(len(observed)), 0
    for swapped in _swaps(len(gaps), seed):
        moved = swapped @ gaps
        apart = np.abs(new.scores(totals[1] - moved) - old.scores(totals[0] + moved))
        extreme += np.count_nonzero(apart >= observed - _EPSILON, axis=0)
        tried += len(swapped)
    # Of shuffles that are drawn, the sides as they stand are one more: p is never 0.
    drawn = int(len(gaps) > EXACT)
    return np.asarray((extreme + drawn) / (tried + drawn))


def _swaps(sentences: int, seed: int) -> Iterator[Floats]:
    """Blocks of (shuffles, sentences), 1 where a sentence is swapped: all there are, or `SHUFFLES` drawn ones."""
    if sentences <= EXACT:
        yield (np.arange(2**sentences)[:, None] >> np.arange(sentences) & 1).astype(np.float64)
        return
    generator = np.random.default_rng(seed)
    rows = max(1, BLOCK // sentences)
    for begin in range(0, SHUFFLES, rows):
        bits = generator.integers(256, size=(min(rows, SHUFFLES - begin), -(-sentences // 8)), dtype=np.uint8)
        yield np.unpackbits(bits, axis=1)[:, :sentences].astype(np.float64)
