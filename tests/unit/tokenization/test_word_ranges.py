"""Word ranges: nothing lost, no word divided, always shorter than allowed, always moving on."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagline.tokenization.word_ranges import cut


def spans(sentences: list[list[int]], capacity: int, stride: int) -> list[tuple[int, int, int]]:
    """The windows of sentences that are given as the number of sub-words of each word."""
    counts = np.array([count for sentence in sentences for count in sentence], dtype=np.int64)
    ends = np.cumsum([len(sentence) for sentence in sentences], dtype=np.int64)
    return list(
        zip(
            *(column.tolist() for column in cut(counts, ends - np.diff(ends, prepend=0), ends, capacity, stride)),
            strict=True,
        )
    )


@pytest.mark.parametrize(
    ("sentences", "capacity", "stride", "expected"),
    [
        ([[1, 2, 1]], 4, 1, [(0, 0, 3)]),
        ([[], [1], []], 4, 1, [(0, 0, 0), (1, 0, 1), (2, 1, 1)]),
        ([], 4, 1, []),
        # Six words of two sub-words each, windows of six, an overlap of two.
        ([[2] * 6], 6, 2, [(0, 0, 3), (0, 2, 5), (0, 4, 6)]),
        # A long word after the cut takes the room of the overlap.
        ([[1, 1, 1, 4]], 4, 2, [(0, 0, 3), (0, 3, 4)]),
        # Long and short sentences keep their order.
        ([[3, 3], [1], [2, 2, 2]], 4, 2, [(0, 0, 1), (0, 1, 2), (1, 2, 3), (2, 3, 5), (2, 4, 6)]),
    ],
)
def test_windows_overlap_by_whole_words(
    sentences: list[list[int]], capacity: int, stride: int, expected: list[tuple[int, int, int]]
) -> None:
    assert spans(sentences, capacity, stride) == expected


@given(st.lists(st.lists(st.integers(0, 12), max_size=30), max_size=4), st.integers(1, 12), st.data())
def test_together_the_windows_hold_every_word(sentences, capacity: int, data: st.DataObject) -> None:
    stride = data.draw(st.integers(0, capacity // 2))
    sentences = [[min(count, capacity) for count in sentence] for sentence in sentences]
    found = spans(sentences, capacity, stride)
    assert [window[0] for window in found] == sorted(window[0] for window in found)
    counts = [count for sentence in sentences for count in sentence]
    first = 0
    for number, sentence in enumerate(sentences):
        windows = [(begin, end) for owner, begin, end in found if owner == number]
        assert windows[0][0] == first
        assert windows[-1][1] == first + len(sentence)
        for begin, end in windows:
            assert sum(counts[begin:end]) <= capacity
        for (begin, end), (next_begin, next_end) in pairwise(windows):
            assert begin < next_begin, "the later window starts no later"
            assert sum(counts[end:next_begin]) == 0, "neighbours leave a gap"
            assert sum(counts[end:next_end]) > 0, "the later window brings nothing new"
            assert sum(counts[next_begin:end]) <= stride
        first += len(sentence)
