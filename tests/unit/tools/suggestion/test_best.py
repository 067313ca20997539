"""The best items of a stream, in bounded memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tagline.tools.suggestion.best import Best

ITEMS = st.lists(st.tuples(st.integers(0, 20), st.integers(1, 9)), max_size=40)


def kept(items: list[tuple[int, int]], words: int) -> list[tuple[float, bytes, int]]:
    """Add items of a priority and a number of words; equal ones have equal keys."""
    best = Best[int](words)
    for priority, size in items:
        key = bytes([priority, size])
        if best.admits(priority, key):
            best.add(priority, key, size, size)
    return best.items()


@given(ITEMS, st.integers(0, 60))
def test_as_few_of_the_best_as_have_the_words(items: list[tuple[int, int]], words: int) -> None:
    expected, total = [], 0
    for priority, size in sorted(set(items), reverse=True):
        if total < words:
            expected.append((priority, bytes([priority, size]), size))
            total += size
    assert kept(items, words) == expected


@given(ITEMS, st.integers(0, 60), st.randoms(use_true_random=False))
def test_the_order_of_the_stream_does_not_matter(items: list[tuple[int, int]], words: int, random: object) -> None:
    shuffled = items.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert kept(shuffled, words) == kept(items, words)
