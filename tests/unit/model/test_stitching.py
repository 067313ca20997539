"""Stitching: each word from the window with most context; see test_encoding.py for windows and back."""

from __future__ import annotations

from tagline.labels.alignment import NO_WORD
from tagline.model.stitching import UNSEEN, choose_windows


def test_a_word_takes_the_window_with_most_context() -> None:
    # Words 0..5 in two windows that share 2 and 3; 2 has more context in the first, 3 in the second.
    windows = [[NO_WORD, 0, 1, 2, 3, NO_WORD], [NO_WORD, 2, 3, 4, 5, NO_WORD]]
    chosen = choose_windows([6], [0, 0], windows)
    assert chosen[0][0].tolist() == [0, 0, 0, 1, 1, 1]
    assert chosen[1][0].tolist() == [1, 2, 3, 2, 3, 4]


def test_context_is_unlimited_at_the_ends_of_a_sentence() -> None:
    # Word 1 is at the right edge of the first window and at the left edge of the second: a tie, the first wins.
    chosen = choose_windows([3], [0, 0], [[0, 1], [1, 2]])
    assert chosen[0][0].tolist() == [0, 0, 1]


def test_a_word_without_subwords_is_in_no_window() -> None:
    windows, positions = choose_windows([3, 1], [0, 1], [[NO_WORD, 0, 0, 2, NO_WORD], [NO_WORD, NO_WORD]])
    assert [row.tolist() for row in windows] == [[0, UNSEEN, 0], [UNSEEN]]
    assert (positions[0][0], positions[0][2]) == (1, 3)
