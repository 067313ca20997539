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


def test_equal_vectors_are_chosen_by_uncertainty_and_long_texts_passed_over() -> None:
    words = np.array([2, 3, 9])
    assert choose(np.zeros((3, 1), np.float32), np.array([0.1, 0.5, 0.9]), words, 8, seed=1) == [1, 0]


@given(st.integers(1, 30), st.integers(1, 200), st.integers(0, 9))
def test_the_budget_is_used(count: int, budget: int, seed: int) -> None:
    vectors, words = VECTORS[:count], GENERATOR.integers(1, 9, count)
    chosen = choose(vectors, UNCERTAINTIES[:count], words, budget, seed)
    assert chosen == choose(vectors, UNCERTAINTIES[:count], words, budget, seed)
    assert len(set(chosen)) == len(chosen)
    left = budget - words[chosen].sum()
    assert left >= 0
    assert all(words[index] > left for index in set(range(count)) - set(chosen))
