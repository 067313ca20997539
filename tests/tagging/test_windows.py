"""Windows: nothing lost, no word divided, always shorter than allowed, always moving on."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tagging.windows import cut, shorten_words


def flat(pieces: list[int]) -> list[int]:
    return [word for word, count in enumerate(pieces) for _ in range(count)]


def test_a_sentence_that_fits_is_one_window() -> None:
    assert cut(flat([1, 2, 1]), capacity=4, stride=1) == [(0, 4)]
    assert cut([], capacity=4, stride=1) == [(0, 0)]


def test_windows_overlap_by_whole_words() -> None:
    # Six words of two sub-words each, windows of six, an overlap of two.
    assert cut(flat([2] * 6), capacity=6, stride=2) == [(0, 6), (4, 10), (8, 12)]
    # An overlap of three sub-words can't be had with words of two: the most that fits is one word.
    assert cut(flat([2] * 6), capacity=6, stride=3) == [(0, 6), (4, 10), (8, 12)]


def test_a_long_word_after_the_cut_takes_the_room_of_the_overlap() -> None:
    assert cut(flat([1, 1, 1, 4]), capacity=4, stride=2) == [(0, 3), (3, 7)]


def test_words_longer_than_a_window_keep_their_first_subwords() -> None:
    assert shorten_words(flat([1, 5, 2]), capacity=3) == [0, 1, 2, 3, 6, 7]


@given(st.lists(st.integers(0, 9), max_size=40), st.integers(1, 12), st.data())
def test_together_the_windows_hold_every_word(pieces: list[int], capacity: int, data: st.DataObject) -> None:
    stride = data.draw(st.integers(0, capacity // 2))
    all_words = flat(pieces)
    words = [all_words[position] for position in shorten_words(all_words, capacity)]
    spans = cut(words, capacity, stride)
    assert sorted({word for start, end in spans for word in words[start:end]}) == sorted(set(all_words))
    assert spans[0][0] == 0
    assert spans[-1][1] == len(words)
    for start, end in spans:
        assert end - start <= capacity
        assert start == 0 or words[start] != words[start - 1], "a window starts inside a word"
        assert end == len(words) or words[end] != words[end - 1], "a window ends inside a word"
    for (start, end), (next_start, next_end) in pairwise(spans):
        assert start < next_start <= end < next_end, "neighbours leave a gap, or the later one brings nothing new"
        assert end - next_start <= stride
