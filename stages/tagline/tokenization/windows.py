"""Windows: split sentences that are too long for the encoder into overlapping windows, between words."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


class Windows(NamedTuple):
    """Each window's sentence, and its words from ``begin`` to ``end`` (exclusive) among those of all sentences."""

    sentence: Ints
    begin: Ints
    end: Ints


def cut(counts: Ints, ends: Ints, capacity: int, stride: int) -> Windows:
    """Split sentences into windows, all at once: each pass makes the next window of the sentences that go on.

    Args:
        counts: the number of sub-words of each word of all sentences, none above ``capacity``.
        ends: where each sentence ends among the words, ascending.
        capacity: the largest number of sub-words of a window, without special tokens.
        stride: the largest number of sub-words that two consecutive windows share. They share whole words, so it can be
            fewer, and zero if the words there are too long.

    Returns:
        The windows in the order of the sentences. Together they have every word. Words of 2, 2 and 3 sub-words with
        capacity 5 and stride 2 give windows of words 0 to 2 and 1 to 3.
    """
    begins = ends - np.diff(ends, prepend=0)
    # Words a to b (exclusive) have borders[b] - borders[a] sub-words: counts 2, 2, 3 give borders 0, 2, 4, 7.
    borders = np.concatenate([[0], np.cumsum(counts)])
    passes = []
    sentence, begin = np.arange(len(ends)), begins
    while len(sentence):
        last = ends[sentence]
        end = np.minimum(np.searchsorted(borders, borders[begin] + capacity, side="right") - 1, last)
        passes.append(Windows(sentence, begin, end))
        left = end < last
        sentence, end = sentence[left], end[left]
        # The next window must have at least one new word, so it begins late enough for the word after this window.
        reach = borders[np.searchsorted(borders, borders[end], side="right")] - capacity
        begin = np.searchsorted(borders, np.maximum(borders[end] - stride, reach), side="left")
    if not passes:
        return Windows(ends, ends, ends)
    joined = Windows(*(np.concatenate(columns) for columns in zip(*passes, strict=True)))
    order = np.argsort(joined.sentence, kind="stable")
    return Windows(*(column[order] for column in joined))
