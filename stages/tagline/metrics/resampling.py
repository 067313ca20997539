"""Resampling: the bootstrap over sentences (Efron, 1979), and the confidence intervals of a split's scores."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from tagline.labels import Doubles, Ints
from tagline.metrics.scores import Counts, rounded

LEVEL = 0.95
# Of the scores of a split.
RESAMPLES, SEED = 1000, 42
# Maximum number of weights in a block: 32 MB of float64.
BLOCK = 2**22


def weights(sentences: int, resamples: int, seed: int) -> Iterator[Doubles]:
    """Draw all sentences with replacement, repeatedly; not words, which depend on each other.

    Args:
        seed: the weights do not depend on the size of the blocks.

    Yields:
        float64 (resamples in this block, sentences): how often each was drawn; ``block @ counts`` is the sum of each
        resample.
    """
    generator = np.random.default_rng(seed)
    rows = max(1, BLOCK // max(1, sentences))
    for begin in range(0, resamples, rows):
        size = min(rows, resamples - begin)
        # Of three sentences, those of the second resample are numbered 3 4 5, so that they are counted apart.
        drawn = generator.integers(max(1, sentences), size=(size, sentences))
        drawn += np.arange(size)[:, None] * sentences
        counts = np.bincount(drawn.ravel(), minlength=size * sentences)
        yield counts.reshape(size, sentences).astype(np.float64)


def interval(values: npt.ArrayLike) -> tuple[Doubles, Doubles]:
    """Compute the ends of the 95 % percentile interval, (...) each, of a score of each resample, (resamples, ...)."""
    low, high = np.quantile(np.asarray(values, dtype=np.float64), [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return low, high


def intervals(counts: Counts) -> dict[str, Any]:
    """Compute 95 % intervals, by `RESAMPLES` of the sentences.

    Returns:
        ``{"overall": {precision, recall, f1, accuracy: {low, high}}, "per_type": {TYPE: {f1: {low, high}}}}``.
    """
    split = counts.total()
    overall: defaultdict[str, list[Doubles]] = defaultdict(list)
    per_type = []
    for block in weights(len(counts.words), RESAMPLES, SEED):
        total = counts.total(block)
        for name, values in total.overall(split)._asdict().items():
            overall[name].append(values)
        overall["accuracy"].append(total.accuracy())
        per_type.append(total.per_type().f1)
    ends = zip(*interval(np.concatenate(per_type)), strict=True)
    return {
        "overall": {name: _rounded(*interval(np.concatenate(values))) for name, values in overall.items()},
        "per_type": {name: {"f1": _rounded(*of_type)} for name, of_type in split.scored(ends)},
    }


def _rounded(low: Any, high: Any) -> dict[str, float]:
    return {"low": rounded(low), "high": rounded(high)}


def by_document(counts: Counts, documents: Ints) -> Counts:
    """Sum the counts of each document, so that whole documents are drawn.

    Args:
        documents: int64 (sentences,), the number of the document, from 0.
    """
    ones = np.ones(len(documents))
    sums = csr_array((ones, (documents, np.arange(len(documents)))))
    columns = ("correct", "predicted", "gold", "words", "correct_words")
    return replace(counts, **{name: sums @ getattr(counts, name) for name in columns})
