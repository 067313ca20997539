"""Stitching: one value for every word of a sentence, out of overlapping windows of sub-words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tagging.alignment import NO_WORD, first_subwords

UNSEEN = -1
"""The window of a word that no window holds, because the word tokenises to nothing."""


def choose_windows(
    lengths: Sequence[int], sentences: Sequence[int], word_ids: Sequence[Sequence[int]]
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
    window_of = [np.full(length, UNSEEN, dtype=np.int64) for length in lengths]
    position_of = [np.zeros(length, dtype=np.int64) for length in lengths]
    context_of = [np.full(length, -1, dtype=np.int64) for length in lengths]
    for window, (sentence, words) in enumerate(zip(sentences, word_ids, strict=True)):
        positions = np.array(first_subwords(words), dtype=np.int64)
        if not positions.size:
            continue
        covered = np.asarray(words, dtype=np.int64)[positions]
        left, right = positions - positions[0], _last(words) - positions
        if window == 0 or sentences[window - 1] != sentence:
            left = np.full_like(left, np.iinfo(np.int64).max)
        if window == len(sentences) - 1 or sentences[window + 1] != sentence:
            right = np.full_like(right, np.iinfo(np.int64).max)
        context = np.minimum(left, right)
        better = context > context_of[sentence][covered]
        chosen = covered[better]
        window_of[sentence][chosen] = window
        position_of[sentence][chosen] = positions[better]
        context_of[sentence][chosen] = context[better]
    return window_of, position_of


def stitch(
    chosen: tuple[list[npt.NDArray[np.int64]], list[npt.NDArray[np.int64]]],
    values: Sequence[npt.NDArray[Any]],
    fallback: Any,
) -> list[npt.NDArray[Any]]:
    """Gather the chosen sub-words' values.

    Args:
        chosen: what `choose_windows` returned.
        values: for each window one value a sub-word (padding behind them is not looked at).
        fallback: the value of a word that no window holds.

    Returns:
        For each sentence an array of one value a word.
    """
    return [
        np.array([fallback if w == UNSEEN else values[w][p] for w, p in zip(windows, positions, strict=True)])
        for windows, positions in zip(*chosen, strict=True)
    ]


def count_unseen(windows: Iterable[npt.NDArray[np.int64]]) -> int:
    """How many words no window holds."""
    return sum(int((words == UNSEEN).sum()) for words in windows)


def _last(words: Sequence[int]) -> int:
    return max(position for position, word in enumerate(words) if word != NO_WORD)
