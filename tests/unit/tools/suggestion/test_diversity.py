"""Choosing uncertain texts that differ from each other."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tagline.tools.suggestion.diversity import choose

GENERATOR = np.random.default_rng(0)
# Three groups of ten texts of five words each; the first group is the most uncertain one.
CENTRES = np.repeat(np.eye(3, dtype=np.float32), 10, axis=0)
VECTORS = CENTRES + GENERATOR.normal(0, 0.01, CENTRES.shape).astype(np.float32)
UNCERTAINTIES = np.linspace(1, 0, 30)
WORDS = np.full(30, 5)


def test_the_most_uncertain_text_of_each_group_comes_first() -> None:
    assert choose(VECTORS, UNCERTAINTIES, WORDS, 15, seed=1) == [0, 10, 20]


@given(st.integers(1, 30), st.integers(1, 200), st.integers(0, 9))
def test_the_budget_is_used(count: int, budget: int, seed: int) -> None:
    vectors, words = VECTORS[:count], GENERATOR.integers(1, 9, count)
    chosen = choose(vectors, UNCERTAINTIES[:count], words, budget, seed)
    assert chosen == choose(vectors, UNCERTAINTIES[:count], words, budget, seed)
    assert len(set(chosen)) == len(chosen)
    left = budget - words[chosen].sum()
    assert left >= 0
    assert all(words[index] > left for index in set(range(count)) - set(chosen))
