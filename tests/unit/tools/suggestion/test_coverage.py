"""Choosing texts with as many different words as possible."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tagline.tools.suggestion.coverage import choose

WORD = st.sampled_from(["a", "B", "b", "c", "d", "1", "."])


@given(st.lists(st.lists(WORD, min_size=1, max_size=6), max_size=12), st.integers(1, 30))
def test_each_text_adds_the_largest_share_of_new_words(texts: list[list[str]], budget: int) -> None:
    chosen = choose(texts, budget)
    covered: set[str] = set()
    left = list(range(len(texts)))
    for index in chosen:
        shares = {each: len({word.lower() for word in texts[each] if word.isalpha()} - covered) for each in left}
        fitting = [each for each in left if len(texts[each]) <= budget]
        assert index == max(fitting, key=lambda each: (shares[each] / len(texts[each]), -each))
        covered |= {word.lower() for word in texts[index]}
        budget -= len(texts[index])
        left.remove(index)
    assert all(len(texts[each]) > budget for each in left), "the budget is used"
