"""Approximate randomisation against all swaps, against scipy, and random swaps against all of them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from helpers.runs import counts_of
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tagline.labels.label_list import Kind
from tagline.metrics.scores import score
from tagline.tools.comparison import randomisation
from tagline.tools.comparison.count_matrices import count_matrices
from tagline.tools.comparison.randomisation import p_values

TAGS = {"spans": ["O", "B-PER", "I-PER", "B-LOC"], "tags": ["NOUN", "VERB", "O"]}


def rows(kind: Kind) -> st.SearchStrategy[list[list[tuple[str, str, str]]]]:
    """Sentences of (gold, old, new) tags."""
    word = st.tuples(*[st.sampled_from(TAGS[kind])] * 3)
    return st.lists(st.lists(word, min_size=1, max_size=4), min_size=1, max_size=6)


def by_hand(gold: list, old: list, new: list, kind: Kind) -> dict[str, float]:
    """Score each of all swaps: p of F1 and accuracy."""

    def gap(a: list, b: list) -> np.ndarray:
        first, second = (score(counts_of(gold, side, kind))["overall"] for side in (a, b))
        return np.array([second[name] - first[name] for name in ("f1", "accuracy")])

    observed = np.abs(gap(old, new))
    every = []
    for coins in itertools.product([False, True], repeat=len(gold)):
        a = [y if coin else x for x, y, coin in zip(old, new, coins, strict=True)]
        b = [x if coin else y for x, y, coin in zip(old, new, coins, strict=True)]
        every.append(np.abs(gap(a, b)) >= observed - 1e-5)  # scores have six digits
    return dict(zip(("f1", "accuracy"), np.mean(every, axis=0).tolist(), strict=True))


@settings(max_examples=30, deadline=None)
@given(st.data(), st.sampled_from(["spans", "tags"]))
def test_all_swaps_of_few_sentences(data: st.DataObject, kind: Kind) -> None:
    drawn = data.draw(rows(kind))
    gold, old, new = ([[tags[column] for tags in row] for row in drawn] for column in range(3))
    both = count_matrices([counts_of(gold, old, kind), counts_of(gold, new, kind)])
    p = p_values(*both, seed=1)
    expected = by_hand(gold, old, new, kind)
    assert {"f1": p[0], "accuracy": p[3]} == pytest.approx(expected)


def sample(sentences: int, seed: int = 3) -> tuple[list, list, list]:
    """Gold labels, and two sides of which the second one has more of them."""
    generator = np.random.default_rng(seed)
    gold = [generator.choice(TAGS["spans"], size=5).tolist() for _ in range(sentences)]
    sides = []
    for share in (0.7, 0.8):
        sides.append([[tag if generator.random() < share else "O" for tag in row] for row in gold])
    return gold, *sides


def test_p_of_accuracy_equals_that_of_scipy() -> None:
    gold, old, new = sample(12)
    a, b = (counts_of(gold, side) for side in (old, new))
    p = p_values(*count_matrices([a, b]), seed=1)
    reference = stats.permutation_test(
        (b.correct_words, a.correct_words),
        lambda x, y, axis: x.sum(axis=axis) - y.sum(axis=axis),
        permutation_type="samples",
        n_resamples=np.inf,
        vectorized=True,
    )
    assert p[3] == pytest.approx(reference.pvalue)


def test_random_swaps_approximate_all_swaps(monkeypatch: pytest.MonkeyPatch) -> None:
    gold, old, new = sample(12)
    both = count_matrices([counts_of(gold, side) for side in (old, new)])
    exact = p_values(*both, seed=1)
    monkeypatch.setattr(randomisation, "EXACT", 0)
    # Five standard errors of a proportion of 10,000.
    assert p_values(*both, seed=1) == pytest.approx(exact, abs=0.025)


def test_block_size_hardly_matters(monkeypatch: pytest.MonkeyPatch) -> None:
    gold, old, new = sample(64)
    both = count_matrices([counts_of(gold, side) for side in (old, new)])
    whole = p_values(*both, seed=1)
    assert (p_values(*both, seed=1) == whole).all()
    monkeypatch.setattr(randomisation, "BLOCK", 6400)
    assert p_values(*both, seed=1) == pytest.approx(whole, abs=0.025)
    assert sum(map(len, randomisation._swaps(64, 1))) == randomisation.SHUFFLES


def test_a_clear_difference_has_the_smallest_possible_p() -> None:
    gold = [["B-PER", "O"]] * 40
    both = count_matrices([counts_of(gold, [["O", "O"]] * 40), counts_of(gold, gold)])
    assert p_values(*both, seed=1)[0] == pytest.approx(1 / (randomisation.SHUFFLES + 1))


def test_equal_counts_have_p_1() -> None:
    gold, old, _ = sample(20)
    both = count_matrices([counts_of(gold, old)] * 2)
    assert (p_values(*both, seed=1) == 1).all()
