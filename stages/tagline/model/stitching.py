"""Stitching: choose, for each word, the window that predicts its label."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tagline.labels.alignment import NO_WORD
from tagline.labels.arrays import Ints
from tagline.labels.windows import Windows

UNSEEN = -1
"""The window of a word that no window has, because the word has no sub-words."""


def choose_windows(lengths: Sequence[int] | Ints, windows: Windows) -> tuple[Ints, Ints]:
    """Choose, for each word, the window with the largest minimum context, and the word's first sub-word in it.

    A word in the overlap of windows has context to its left and right in each of them; the smaller of both counts. A
    side that reaches the start or end of the sentence counts as unlimited. Of equal windows the first is chosen. The
    first sub-word predicts the label, since training labels it with or without `label_all_tokens`.

    Args:
        lengths: number of words of each sentence.
        windows: of these sentences, in one array per column.

    Returns:
        Two int64 arrays (words,) of all sentences: the window of each word, `UNSEEN` for a word without sub-words, and
        the position of its first sub-word in that window.
    """
    owner, sizes, (words,) = windows.sentence, windows.lengths, windows.word_ids
    # For each sub-word of a word: its window, its position in the window, and the index of the word among all words.
    # Windows of sizes 3 and 2: window 0 0 0 1 1, position 0 1 2 0 1.
    window = np.repeat(np.arange(len(sizes)), sizes)
    position = np.arange(len(words)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    inside = np.flatnonzero(words != NO_WORD)
    window, position = window[inside], position[inside]
    starts = np.cumsum([0, *lengths])
    word = starts[owner[window]] + words[inside]
    # Context to both sides, in sub-words of the window. numpy keeps the last of repeated indices, hence the reversal.
    first, last = np.zeros_like(sizes), np.zeros_like(sizes)
    first[window[::-1]], last[window] = position[::-1], position
    left, right = position - first[window], last[window] - position
    left[np.diff(owner, prepend=-1)[window] != 0] = np.iinfo(np.int64).max
    right[np.diff(owner, append=-1)[window] != 0] = np.iinfo(np.int64).max
    begins = np.flatnonzero((np.diff(word, prepend=-1) != 0) | (np.diff(window, prepend=-1) != 0))
    # Sort by word, then by context, and keep the first of each word; equals stay in the order of their windows.
    best = begins[np.lexsort((-np.minimum(left, right)[begins], word[begins]))]
    best = best[np.diff(word[best], prepend=-1) != 0]
    window_of = np.full(starts[-1], UNSEEN, dtype=np.int64)
    position_of = np.zeros(starts[-1], dtype=np.int64)
    window_of[word[best]], position_of[word[best]] = window[best], position[best]
    return window_of, position_of
