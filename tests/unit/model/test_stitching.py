"""Stitching: each word from the window with most context; see test_subword_windows.py for windows and back."""

from __future__ import annotations

import pytest
from helpers.windows import windows

from tagline.labels.alignment import NO_WORD
from tagline.model.stitching import UNSEEN, choose_windows


@pytest.mark.parametrize(
    ("lengths", "sentence", "word_ids", "expected"),
    [
        # Words 0..5 in two windows that share 2 and 3; 2 has more context in the first, 3 in the second.
        (
            [6],
            [0, 0],
            [[NO_WORD, 0, 1, 2, 3, NO_WORD], [NO_WORD, 2, 3, 4, 5, NO_WORD]],
            ([0, 0, 0, 1, 1, 1], [1, 2, 3, 2, 3, 4]),
        ),
        # Word 1 is at the right edge of the first window and at the left edge of the second: a tie, the first wins.
        ([3], [0, 0], [[0, 1], [1, 2]], ([0, 0, 1], [0, 1, 1])),
        # Words without sub-words are in no window.
        ([3, 1], [0, 1], [[NO_WORD, 0, 0, 2, NO_WORD], [NO_WORD, NO_WORD]], ([0, UNSEEN, 0, UNSEEN], [1, 0, 3, 0])),
    ],
)
def test_each_word_takes_the_window_with_most_context(
    lengths: list[int], sentence: list[int], word_ids: list[list[int]], expected: tuple[list[int], list[int]]
) -> None:
    chosen = choose_windows(lengths, windows(sentence, word_ids, word_ids))
    assert tuple(array.tolist() for array in chosen) == expected
