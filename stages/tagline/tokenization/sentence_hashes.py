"""Hashes of sentences, by which splits are compared without holding their words."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pandas.util import hash_array

from tagline.labels.windows import Bools, Ints

Hashes = npt.NDArray[np.uint64]


def hash_sentences(words: pa.DictionaryArray, ends: Ints) -> Hashes:
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
    distinct = words.dictionary.to_numpy(zero_copy_only=False).astype(object)
    of_words = hash_array(distinct, categorize=False)[words.indices.to_numpy()]
    # A factor per position distinguishes orders of the same words; an odd one keeps all bits of a word's hash.
    factors = hash_array(np.arange(lengths.max(initial=0), dtype=np.uint64)) | np.uint64(1)
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(of_words * factors[positions])])
    return sums[ends] - sums[begins] + lengths.astype(np.uint64)


def are_among(hashes: Hashes, others: Hashes) -> Bools:
    """Whether each hash is one of some others, bool, of the shape of ``hashes``; there is at least one other."""
    others = np.sort(others)
    nearest = np.searchsorted(others, hashes).clip(max=len(others) - 1)
    return others[nearest] == hashes


def are_same(first: Hashes, second: Hashes) -> bool:
    """Whether all sentences of one of two splits are in the other one, by their hashes."""
    return bool(are_among(first, second).all() or are_among(second, first).all())
