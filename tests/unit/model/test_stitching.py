"""Stitching: every word from where it has most context. Apart and together again: see test_encoding.py."""

from __future__ import annotations

from tagline.labels.alignment import NO_WORD
from tagline.model.stitching import UNSEEN, choose_windows


def test_a_word_takes_the_window_with_most_context() -> None:
    # Words 0..5 in two windows that share 2 and 3; 2 lies deeper in the first, 3 in the second.
    windows = [[NO_WORD, 0, 1, 2, 3, NO_WORD], [NO_WORD, 2, 3, 4, 5, NO_WORD]]
    chosen = choose_windows([6], [0, 0], windows)
    assert chosen[0][0].tolist() == [0, 0, 0, 1, 1, 1]
    assert chosen[1][0].tolist() == [1, 2, 3, 2, 3, 4]


def test_the_sentences_own_ends_lack_nothing() -> None:
    # Word 1 stands at the right edge of the first window and at the left edge of the second: a tie, the earlier wins.
    chosen = choose_windows([3], [0, 0], [[0, 1], [1, 2]])
    assert chosen[0][0].tolist() == [0, 0, 1]


def test_a_word_without_subwords_is_in_no_window() -> None:
    windows, places = choose_windows([3, 1], [0, 1], [[NO_WORD, 0, 0, 2, NO_WORD], [NO_WORD, NO_WORD]])
    assert [row.tolist() for row in windows] == [[0, UNSEEN, 0], [UNSEEN]]
    assert (places[0][0], places[0][2]) == (1, 3)
