"""Windows: a sentence longer than the encoder reads becomes several, which overlap and never divide a word."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence


def shorten_words(word_ids: Sequence[int], capacity: int) -> list[int]:
    """The positions to keep so that no word has more than ``capacity`` sub-words: the first ones of each."""
    kept: list[int] = []
    length = 0
    for position, word in enumerate(word_ids):
        length = length + 1 if position and word_ids[position - 1] == word else 1
        if length <= capacity:
            kept.append(position)
    return kept


def cut(word_ids: Sequence[int], capacity: int, stride: int) -> list[tuple[int, int]]:
    """Cut a sentence between its words.

    Args:
        word_ids: the word of each sub-word, ascending, without special tokens; no word may have more than
            ``capacity`` sub-words (`shorten_words`).
        capacity: most sub-words of a window, special tokens left out.
        stride: most sub-words that two neighbours share. They share whole words, so it can be fewer, and none where
            the words around the cut are too long.

    Returns:
        ``(start, end)`` of each window, in order; together they cover every position. One window if all fits.
    """
    size = len(word_ids)
    if size <= capacity:
        return [(0, size)]
    # Where a window may start or end: the begin of each word, and the end of the sentence.
    borders = [i for i in range(size) if i == 0 or word_ids[i] != word_ids[i - 1]] + [size]
    spans = []
    start = 0
    while True:
        end = borders[bisect_right(borders, start + capacity) - 1]
        spans.append((start, end))
        if end == size:
            return spans
        # The next one must reach beyond this one: it starts late enough to hold the word after the cut.
        next_word_end = borders[bisect_right(borders, end)]
        start = borders[bisect_left(borders, max(end - stride, next_word_end - capacity))]
