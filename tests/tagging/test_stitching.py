"""Stitching: apart into windows and together again, every word exactly once, from where it has most context."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tagging.alignment import NO_WORD
from tagging.stitching import UNSEEN, choose_windows, count_unseen, stitch
from tagging.windows import cut, shorten_words


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


def test_a_word_without_subwords_gets_the_fallback() -> None:
    chosen = choose_windows([3, 1], [0, 1], [[NO_WORD, 0, 0, 2, NO_WORD], [NO_WORD, NO_WORD]])
    values = [np.array([9, 1, 2, 3, 9]), np.array([9, 9])]
    assert [row.tolist() for row in stitch(chosen, values, fallback=0)] == [[1, 0, 3], [0]]
    assert count_unseen(chosen[0]) == 2


@given(
    st.lists(st.lists(st.integers(0, 9), max_size=25), min_size=1, max_size=5),
    st.integers(1, 8),
    st.data(),
)
def test_apart_and_together(sentences: list[list[int]], capacity: int, data: st.DataObject) -> None:
    stride = data.draw(st.integers(0, capacity // 2))
    owners, word_ids, values = [], [], []
    for sentence, pieces in enumerate(sentences):
        words = [word for word, count in enumerate(pieces) for _ in range(count)]
        words = [words[position] for position in shorten_words(words, capacity)]
        for start, end in cut(words, capacity, stride):
            owners.append(sentence)
            word_ids.append([NO_WORD, *words[start:end], NO_WORD])
            # A value that tells which word of which sentence it is, at the first sub-word and at no other.
            values.append(
                np.array(
                    [
                        1000 * sentence + word
                        if word != NO_WORD and (not place or word != word_ids[-1][place - 1])
                        else -9
                        for place, word in enumerate(word_ids[-1])
                    ]
                )
            )
    chosen = choose_windows([len(pieces) for pieces in sentences], owners, word_ids)
    for sentence, (pieces, row) in enumerate(zip(sentences, stitch(chosen, values, fallback=UNSEEN), strict=True)):
        expected = [1000 * sentence + word if count else UNSEEN for word, count in enumerate(pieces)]
        assert row.tolist() == expected
