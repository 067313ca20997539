"""Resampling: how far a score would move had the corpus drawn other sentences (the bootstrap of Efron, 1979)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

LEVEL = 0.95
# Numbers in a block of weights: 32 MB of float64.
BLOCK = 2**22


def weights(sentences: int, resamples: int, seed: int) -> Iterator[Floats]:
    """Draw as many sentences as there are, with replacement, again and again.

    Words of one sentence go together, so whole sentences are drawn: an interval over words would be too narrow.

    Args:
        sentences: how many there are.
        resamples: how many times to draw.
        seed: the same seed and numbers give the same weights, whatever the size of the blocks.

    Yields:
        float64 (resamples of this block, sentences): how often each sentence was drawn. Of any array of counts with
        a row a sentence, ``block @ counts`` has the sums of each resample.
    """
    generator = np.random.default_rng(seed)
    rows = max(1, BLOCK // max(1, sentences))
    for begin in range(0, resamples, rows):
        size = min(rows, resamples - begin)
        drawn = generator.integers(sentences, size=(size, sentences)) if sentences else np.empty((size, 0), np.int64)
        drawn += np.arange(size)[:, None] * sentences
        yield np.bincount(drawn.ravel(), minlength=size * sentences).reshape(size, sentences).astype(np.float64)


def interval(values: npt.ArrayLike) -> tuple[Floats, Floats]:
    """The ends of the 95 % percentile interval.

    Args:
        values: (resamples, ...), what a score came out as in each resample.

    Returns:
        Lower and upper end, each of the shape behind the resamples.
    """
    low, high = np.quantile(np.asarray(values, dtype=np.float64), [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return low, high
