"""Choosing texts that differ from each other."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tagline.tools.suggestion.diversity import most_different_words, one_per_cluster

GENERATOR = np.random.default_rng(0)
# Three groups of ten texts of five words each; the first group is the most uncertain one.
CENTRES = np.repeat(np.eye(3, dtype=np.float32), 10, axis=0)
VECTORS = CENTRES + GENERATOR.normal(0, 0.01, CENTRES.shape).astype(np.float32)
UNCERTAINTIES = np.linspace(1, 0, 30)


def test_the_most_uncertain_text_of_each_group_comes_first():
    assert one_per_cluster(VECTORS, UNCERTAINTIES, np.full(30, 5), 15, seed=1) == [0, 10, 20]


@given(st.integers(1, 30), st.integers(1, 200), st.integers(0, 9))
def test_the_budget_is_used(count, budget, seed):
    vectors, words = VECTORS[:count], GENERATOR.integers(1, 9, count)
    chosen = one_per_cluster(vectors, UNCERTAINTIES[:count], words, budget, seed)
    assert chosen == one_per_cluster(vectors, UNCERTAINTIES[:count], words, budget, seed)
    assert len(set(chosen)) == len(chosen)
    left = budget - words[chosen].sum()
    assert left >= 0
    assert all(words[index] > left for index in set(range(count)) - set(chosen))


WORD = st.sampled_from(["a", "B", "b", "c", "d", "1", "."])


@given(st.lists(st.lists(WORD, min_size=1, max_size=6), max_size=12), st.integers(1, 30))
def test_each_text_adds_the_largest_share_of_new_words(texts, budget):
    chosen = most_different_words(texts, budget)
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
