"""Batches: each row once, within the limit, the longest first."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagline.model.batches import batch_borders, longest_first


@given(st.lists(st.integers(0, 40), max_size=60), st.integers(1, 100))
def test_each_row_is_in_one_batch_within_the_limit(lengths, budget):
    batches = longest_first(np.array(lengths, dtype=np.int64), budget)
    assert sorted(index for batch in batches for index in batch) == [i for i, length in enumerate(lengths) if length]
    for batch in batches:
        longest = lengths[batch[0]]
        assert longest == max(lengths[index] for index in batch)
        assert len(batch) == 1 or longest * len(batch) <= budget
    firsts = [lengths[batch[0]] for batch in batches]
    assert firsts == sorted(firsts, reverse=True)
    order, other = (np.concatenate([[0], *longest_first(np.array(lengths, int), most)]) for most in (budget, 50))
    assert order.tolist() == other.tolist(), "the order of rows does not depend on the limit"


FULL = [
    ([5, 3, 2, 2, 2], (6, 1), [0, 1, 3, 5]),
    ([10, 9, 8, 7, 1], (100, 0.1), [0, 3, 4, 5]),
    ([10, 9, 8, 7, 1], (20, 0.1), [0, 2, 4, 5]),
]


@pytest.mark.parametrize(("lengths", "limits", "expected"), FULL)
def test_batches_are_as_full_as_allowed(lengths, limits, expected):
    assert batch_borders(np.array(lengths), *limits) == expected
