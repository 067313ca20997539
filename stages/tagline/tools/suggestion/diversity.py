"""Diversity: of texts that resemble each other, annotate one rather than all.

Uncertain texts are clustered by k-means, with about as many clusters as texts are wanted, and the most uncertain text
of each cluster is chosen (Zhdanov, 2019, "Diverse mini-batch active learning").
"""

import heapq
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.cluster.vq import kmeans2

from tagline.artifacts import exported
from tagline.labels import Floats, Ints
from tagline.model.batches import longest_first, pad
from tagline.terminal import quiet
from tagline.text import subwords

ITERATIONS = 10
# Sub-words per forward pass, padding included, and of a text: its beginning says what it is about.
BATCH, LONGEST = 2048, 128


def one_per_cluster(
    vectors: Floats, uncertainties: npt.NDArray[np.float64], words: Ints, budget: int, seed: int
) -> list[int]:
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
    indices = []
    for index in by_cluster[np.lexsort((-uncertainties[by_cluster], rank))].tolist():
        if words[index] <= budget:
            indices.append(index)
            budget -= int(words[index])
    return indices


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
    indices = [int(generator.integers(len(vectors)))]
    nearest = np.full(len(vectors), np.inf)
    while True:
        distances = ((vectors - vectors[indices[-1]]) ** 2).sum(-1, dtype=np.float64)
        nearest = np.minimum(nearest, distances)
        if len(indices) == count or not nearest.any():
            return vectors[indices]
        indices.append(int(generator.choice(len(vectors), p=nearest / nearest.sum())))


def most_different_words(texts: Sequence[Sequence[str]], budget: int) -> list[int]:
    """Choose texts, each with the largest share of words that no text before it has.

    For a pool that no model knows: names are mostly rare words, so such texts have more of them than random ones. This
    is the greedy solution of maximum coverage. Case and words without letters do not count.

    Args:
        texts: the words of each text; of equal shares the first text is chosen.
        budget: most words together; texts that do not fit are passed over.

    Returns:
        Indices of texts, in the order of the choice.
    """
    different = [_different_words(words) for words in texts]
    covered: set[str] = set()
    # Shares only fall, so the largest one is final if it is still larger than the others were.
    heap = [(-len(words) / len(texts[index]), index) for index, words in enumerate(different)]
    heapq.heapify(heap)
    indices = []
    while heap:
        _, index = heapq.heappop(heap)
        now = (-len(different[index] - covered) / len(texts[index]), index)
        if heap and now > heap[0]:
            heapq.heappush(heap, now)
        elif len(texts[index]) <= budget:
            indices.append(index)
            covered |= different[index]
            budget -= len(texts[index])
    return indices


def _different_words(words: Sequence[str]) -> set[str]:
    return {word.casefold() for word in words if any(map(str.isalpha, word))}


def mean_vectors(folder: Path, texts: Sequence[Sequence[str]]) -> Floats:
    """Average the hidden states of each text, and scale each vector to length 1.

    Args:
        folder: models/export. Its ONNX graphs have no hidden states, so this loads PyTorch, whatever labels the texts.
        texts: the words of each text.

    Returns:
        float32 (texts, dimensions).
    """
    import torch
    from accelerate import PartialState

    from tagline.model import classifier
    from tagline.model.fast_paths import to_device

    quiet()
    export = exported.read(folder)
    device = PartialState().device
    model = classifier.load(folder, export.labels).to(device)
    tokenizer, _ = subwords.load(folder, "export")
    tokenizer.enable_truncation(min(LONGEST, export.max_length))
    encodings = tokenizer.encode_batch(list(map(list, texts)), is_pretokenized=True)
    rows = [np.array(encoding.ids) for encoding in encodings]
    vectors = np.zeros((len(rows), model.config.hidden_size), dtype=np.float32)
    for batch in longest_first(np.array([len(row) for row in rows]), BATCH):
        padded = pad([rows[index] for index in batch], export.padding)
        ids, mask = to_device(np.stack(padded), device)
        with torch.inference_mode():
            states = model.base_model(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        sums = (states * mask[..., None]).sum(1)
        vectors[batch] = torch.nn.functional.normalize(sums, dim=-1).cpu().numpy()
    return vectors
