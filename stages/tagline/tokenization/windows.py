"""Windows: a sentence longer than the encoder reads becomes several, which overlap and never divide a word."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


class Windows(NamedTuple):
    """Each window's sentence, and its words from ``begin`` to before ``end`` among the words of all sentences."""

    sentence: Ints
    begin: Ints
    end: Ints


def cut(counts: Ints, ends: Ints, capacity: int, stride: int) -> Windows:
    """Cut sentences between their words, all of them at once: each pass gives the next window of those left.

    Args:
        counts: the sub-words of each word of all sentences, none more than ``capacity``.
        ends: where each sentence ends among the words, ascending.
        capacity: most sub-words of a window, special tokens left out.
        stride: most sub-words that two neighbours share. They share whole words, so it can be fewer, and none where
            the words around the cut are too long.

    Returns:
        The windows in the sentences' order. Together they hold every word; one window where all fits.
    """
    begins = ends - np.diff(ends, prepend=0)
    # The words from a to before b have borders[b] - borders[a] sub-words.
    borders = np.concatenate([[0], np.cumsum(counts)])
    passes = []
    sentence, begin = np.arange(len(ends)), begins
    while len(sentence):
        last = ends[sentence]
        end = np.minimum(np.searchsorted(borders, borders[begin] + capacity, side="right") - 1, last)
        passes.append(Windows(sentence, begin, end))
        left = end < last
        sentence, end = sentence[left], end[left]
        # The next one must reach beyond this one: it starts late enough to hold the word after the cut.
        reach = borders[np.searchsorted(borders, borders[end], side="right")] - capacity
        begin = np.searchsorted(borders, np.maximum(borders[end] - stride, reach), side="left")
    if not passes:
        return Windows(ends, ends, ends)
    joined = Windows(*(np.concatenate(columns) for columns in zip(*passes, strict=True)))
    order = np.argsort(joined.sentence, kind="stable")
    return Windows(*(column[order] for column in joined))
