"""Stitching: for every word of a sentence, which of the overlapping windows of sub-words speaks for it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np
import numpy.typing as npt

from tagline.labels.alignment import NO_WORD

UNSEEN = -1
"""The window of a word that no window holds, because the word tokenises to nothing."""


def choose_windows(
    lengths: Sequence[int], sentences: Sequence[int] | npt.NDArray[np.int64], word_ids: Sequence[Sequence[int]]
) -> tuple[list[npt.NDArray[np.int64]], list[npt.NDArray[np.int64]]]:
    """Choose, for each word, the window and the sub-word that speak for it.

    A word stands in several windows where they overlap; it takes the one that shows most context on its poorer side,
    the earlier of equals. The side that touches the sentence's own begin or end lacks nothing. The first sub-word
    speaks for a word, whatever the others say: training labels it under both rules of alignment.

    Args:
        lengths: the number of words of each sentence.
        sentences: the sentence of each window, ascending.
        word_ids: for each window the word of each sub-word, `NO_WORD` for special tokens.

    Returns:
        For each sentence two int64 arrays of its length: the window of each word (`UNSEEN` where there is none), and
        the position of its first sub-word in that window.
    """
    owner = np.asarray(sentences, dtype=np.int64)
    sizes = np.fromiter(map(len, word_ids), dtype=np.int64, count=len(word_ids))
    words = np.fromiter(chain.from_iterable(word_ids), dtype=np.int64, count=int(sizes.sum()))
    # Of every sub-word that is part of a word: its window, its position there, and the word's place among all words.
    window = np.repeat(np.arange(len(sizes)), sizes)
    position = np.arange(len(words)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    inside = np.flatnonzero(words != NO_WORD)
    window, position = window[inside], position[inside]
    starts = np.cumsum([0, *lengths])
    word = starts[owner[window]] + words[inside]
    # Context to either side, within the window's words; where an index comes twice, numpy keeps the last.
    first, last = np.zeros_like(sizes), np.zeros_like(sizes)
    first[window[::-1]], last[window] = position[::-1], position
    left, right = position - first[window], last[window] - position
    left[np.diff(owner, prepend=-1)[window] != 0] = np.iinfo(np.int64).max
    right[np.diff(owner, append=-1)[window] != 0] = np.iinfo(np.int64).max
    begins = np.flatnonzero((np.diff(word, prepend=-1) != 0) | (np.diff(window, prepend=-1) != 0))
    # Best first, and of each word only the best; equals stay in the order of their windows.
    best = begins[np.lexsort((-np.minimum(left, right)[begins], word[begins]))]
    best = best[np.diff(word[best], prepend=-1) != 0]
    window_of = np.full(starts[-1], UNSEEN, dtype=np.int64)
    position_of = np.zeros(starts[-1], dtype=np.int64)
    window_of[word[best]], position_of[word[best]] = window[best], position[best]
    return np.split(window_of, starts[1:-1]), np.split(position_of, starts[1:-1])
