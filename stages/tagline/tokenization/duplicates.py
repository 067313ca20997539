"""Duplicates: sentences of validation or test that are also in train, found by hashes of their words."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pandas.util import hash_array

Hashes = npt.NDArray[np.uint64]


class TrainingSentences:
    """The hashes of the training sentences, 8 bytes each."""

    def __init__(self) -> None:
        self._added: list[Hashes] = []
        self._sorted = np.empty(0, np.uint64)

    def add(self, hashes: Hashes) -> None:
        self._added.append(hashes)

    def find(self, hashes: Hashes) -> npt.NDArray[np.int64]:
        """The indices of the hashes that are among them, int64, ascending."""
        if self._added:  # sorted once, after the training split
            self._sorted = np.sort(np.concatenate([self._sorted, *self._added]))
            self._added.clear()
        if not len(self._sorted):
            return np.empty(0, np.int64)
        nearest = np.searchsorted(self._sorted, hashes).clip(max=len(self._sorted) - 1)
        return np.flatnonzero(self._sorted[nearest] == hashes)


def are_same(first: Hashes, second: Hashes) -> bool:
    """Whether all sentences of one of two splits are in the other one, by their hashes."""
    return len(np.intersect1d(first, second)) == min(len(np.unique(first)), len(np.unique(second)))


def hash_sentences(words: pa.DictionaryArray, ends: npt.NDArray[np.int64]) -> Hashes:
    """Hash sentences to 64 bits: the same words in the same order give the same hash, in every process.

    Ten million different sentences contain a collision with a probability of 3 in a million.

    Args:
        words: the words of all sentences, one after the other, dictionary-encoded (words,).
        ends: int64 (sentences,), where each sentence ends among them.

    Returns:
        uint64 (sentences,).
    """
    begins = ends - np.diff(ends, prepend=0)
    lengths = ends - begins
    positions = np.arange(len(words)) - np.repeat(begins, lengths)  # in the sentence: lengths 2, 3 give 0 1 0 1 2
    of_words = hash_array(words.dictionary.to_numpy(zero_copy_only=False).astype(object), categorize=False)
    # A factor per position distinguishes orders of the same words; an odd one keeps all bits of a word's hash.
    factors = hash_array(np.arange(lengths.max(initial=0), dtype=np.uint64)) | np.uint64(1)
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(of_words[words.indices.to_numpy()] * factors[positions])])
    hashes: Hashes = sums[ends] - sums[begins] + lengths.astype(np.uint64)
    return hashes
