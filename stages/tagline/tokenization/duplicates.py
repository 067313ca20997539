"""Duplicates: sentences that the model is tested on and has been trained on, found by hashes of their words."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pandas.util import hash_array

Hashes = npt.NDArray[np.uint64]


class TrainingSentences:
    """Which sentences the training split has: eight bytes each."""

    def __init__(self) -> None:
        self._hashes: list[Hashes] = []

    def add(self, hashes: Hashes) -> None:
        self._hashes.append(np.unique(hashes))

    def find(self, hashes: Hashes) -> npt.NDArray[np.int64]:
        """The places of those that are among them, int64, ascending."""
        return np.flatnonzero(np.logical_or.reduce([np.isin(hashes, known) for known in self._hashes]))


def hash_sentences(words: pa.DictionaryArray, ends: npt.NDArray[np.int64]) -> Hashes:
    """A hash of 64 bits for each sentence: equal for equal words in equal order, and on any day and machine.

    Among ten million different sentences two have the same hash with a probability of 3 in a million.

    Args:
        words: the words of all sentences, one after the other, dictionary-encoded (words,).
        ends: int64 (sentences,), where each sentence ends among them.

    Returns:
        uint64 (sentences,).
    """
    begins = ends - np.diff(ends, prepend=0)
    lengths = ends - begins
    places = np.arange(len(words)) - np.repeat(begins, lengths)
    of_words = hash_array(words.dictionary.to_numpy(zero_copy_only=False).astype(object), categorize=False)
    # An odd factor a place keeps all bits of a word's hash, and tells the same words in another order.
    factors = hash_array(np.arange(lengths.max(initial=0), dtype=np.uint64)) | np.uint64(1)
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(of_words[words.indices.to_numpy()] * factors[places])])
    hashes: Hashes = sums[ends] - sums[begins] + lengths.astype(np.uint64)
    return hashes
