"""Word ranges: split sentences that are too long for the encoder into overlapping windows, between words."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tagline.labels.arrays import Ints


class WordRanges(NamedTuple):
    """Each window's sentence, and its words from ``begin`` to ``end`` (exclusive) among those of all sentences."""

    sentence: Ints
    begin: Ints
    end: Ints


def cut(counts: Ints, begins: Ints, ends: Ints, capacity: int, stride: int) -> WordRanges:
    """Split sentences into windows, all at once: each pass makes the next window of the sentences that go on.

    Args:
        counts: the number of sub-words of each word, none above ``capacity``.
        begins: where each sentence begins among the words, ascending.
        ends: where each of them ends.
        capacity: the largest number of sub-words of a window, without special tokens.
        stride: the largest number of sub-words that two consecutive windows share. They share whole words, so it can be
            fewer, and zero if the words there are too long.

    Returns:
        The windows in the order of the sentences. Together they have every word of these. Words of 2, 2 and 3 sub-words
        with capacity 5 and stride 2 give windows of words 0 to 2 and 1 to 3.
    """
    borders = _borders(counts)
    passes = []
    sentence, begin = np.arange(len(ends)), begins
    while len(sentence):
        last = ends[sentence]
        end = np.minimum(np.searchsorted(borders, borders[begin] + capacity, side="right") - 1, last)
        passes.append(WordRanges(sentence, begin, end))
        left = end < last
        sentence, end = sentence[left], end[left]
        # The next window must have at least one new word, so it begins late enough for the word after this window.
        reach = borders[np.searchsorted(borders, borders[end], side="right")] - capacity
        begin = np.searchsorted(borders, np.maximum(borders[end] - stride, reach), side="left")
    if not passes:
        return WordRanges(ends, ends, ends)
    joined = WordRanges(*(np.concatenate(columns) for columns in zip(*passes, strict=True)))
    order = np.argsort(joined.sentence, kind="stable")
    return WordRanges(*(column[order] for column in joined))


def extended(windows: WordRanges, counts: Ints, begins: Ints, ends: Ints, capacity: int, context: int) -> WordRanges:
    """Add whole words of the same document before and after each window.

    Args:
        windows: what `cut` returned.
        counts: the number of sub-words of each word.
        begins: where the document of each window begins among the words.
        ends: where it ends.
        capacity: the largest number of sub-words of a window, without special tokens.
        context: the largest number of sub-words to add on each side. Where not all fit, each side gets half of what
            the window leaves, and what the other side does not need.

    Returns:
        The windows with their context; one without sub-words of its own stays as it is. Words of 2, 2, 2, 2 and 3
        sub-words, of which a window has the third, get with capacity 7 and context 3 the second and the fourth.
    """
    borders = _borders(counts)
    own = borders[windows.end] - borders[windows.begin]
    wanted, free = np.where(own > 0, context, 0), capacity - own

    def begin(most: Ints) -> Ints:  # where the context begins if it has at most so many sub-words
        return np.maximum(begins, np.searchsorted(borders, borders[windows.begin] - most, side="left"))

    def end(most: Ints) -> Ints:
        return np.minimum(ends, np.searchsorted(borders, borders[windows.end] + most, side="right") - 1)

    on_right = borders[end(wanted)] - borders[windows.end]
    first = begin(np.minimum(wanted, np.maximum(free // 2, free - on_right)))
    on_left = borders[windows.begin] - borders[first]
    return WordRanges(windows.sentence, first, end(np.minimum(wanted, free - on_left)))


def _borders(counts: Ints) -> Ints:
    """Where words begin among the sub-words, and the end: words a to b (exclusive) have borders[b] - borders[a].

    Counts 2, 2, 3 give 0, 2, 4, 7.
    """
    return np.concatenate([[0], np.cumsum(counts)])
