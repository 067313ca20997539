"""Diversity: of uncertain texts that resemble each other, annotate one rather than all.

Uncertain texts are clustered by k-means, with about as many clusters as texts are wanted, and the most uncertain text
of each cluster is chosen (Zhdanov, 2019, "Diverse mini-batch active learning").
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.cluster.vq import kmeans2

from tagline.labels.arrays import Floats, Ints

ITERATIONS = 10


def choose(vectors: Floats, uncertainties: npt.NDArray[np.float64], words: Ints, budget: int, seed: int) -> list[int]:
    """Choose uncertain texts that differ from each other.

    Args:
        vectors: (texts, dimensions), similar for similar texts.
        uncertainties: of each text.
        words: the number of words of each text.
        budget: most words together; texts that do not fit are passed over.
        seed: of the clustering.

    Returns:
        Indices of texts: the most uncertain one of each cluster, then the second ones, until the budget is used.
    """
    clusters = _clusters(vectors, max(1, round(budget / words.mean())), np.random.default_rng(seed))
    by_cluster = np.lexsort((-uncertainties, clusters))  # the texts of each cluster, the most uncertain first
    first_of_cluster = np.searchsorted(clusters[by_cluster], clusters[by_cluster])
    rank = np.arange(len(by_cluster)) - first_of_cluster
    chosen, used = [], 0
    for index in by_cluster[np.lexsort((-uncertainties[by_cluster], rank))].tolist():
        if used + words[index] <= budget:
            chosen.append(index)
            used += int(words[index])
    return chosen


def _clusters(vectors: Floats, count: int, generator: np.random.Generator) -> Ints:
    """The cluster of each text; there are at most so many."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a cluster became empty, and stays so
        labels: Any = kmeans2(vectors, _starts(vectors, count, generator), iter=ITERATIONS, minit="matrix")[1]
    return np.asarray(labels, dtype=np.int64)


def _starts(vectors: Floats, count: int, generator: np.random.Generator) -> Floats:
    """Choose vectors far from each other, by k-means++ (Arthur and Vassilvitskii, 2007).

    Not by scipy, whose time grows with the square of the number of clusters.
    """
    chosen = [int(generator.integers(len(vectors)))]
    nearest = np.full(len(vectors), np.inf)
    while True:
        nearest = np.minimum(nearest, ((vectors - vectors[chosen[-1]]) ** 2).sum(-1, dtype=np.float64))
        if len(chosen) == count or not nearest.any():
            return vectors[chosen]
        chosen.append(int(generator.choice(len(vectors), p=nearest / nearest.sum())))
