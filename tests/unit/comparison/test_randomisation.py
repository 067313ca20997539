"""Approximate randomisation against every way to swap, against scipy, and against itself where it draws."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tagline.comparison import randomisation
from tagline.comparison.count_matrices import count_matrices
from tagline.comparison.randomisation import p_values
from tagline.labels.label_list import Kind
from tagline.metrics.counts import count
from tagline.metrics.scores import score

TAGS = {"spans": ["O", "B-PER", "I-PER", "B-LOC"], "tags": ["NOUN", "VERB", "O"]}


def rows(kind: Kind) -> st.SearchStrategy[list[list[tuple[str, str, str]]]]:
    """Sentences of gold, one side's and the other side's tag."""
    word = st.tuples(*[st.sampled_from(TAGS[kind])] * 3)
    return st.lists(st.lists(word, min_size=1, max_size=4), min_size=1, max_size=6)


def by_hand(gold: list, old: list, new: list, kind: Kind) -> dict[str, float]:
    """Score all swaps one after the other: p of F1 and accuracy."""

    def gap(a: list, b: list) -> np.ndarray:
        first, second = (score(gold, side, kind)["overall"] for side in (a, b))
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
def test_a_few_sentences_are_swapped_in_every_way(data: st.DataObject, kind: Kind) -> None:
    drawn = data.draw(rows(kind))
    gold, old, new = ([[tags[place] for tags in row] for row in drawn] for place in range(3))
    both = count_matrices([count(gold, old, kind), count(gold, new, kind)])
    p = p_values(*both, seed=1)
    expected = by_hand(gold, old, new, kind)
    assert {"f1": p[0], "accuracy": p[3]} == pytest.approx(expected)


def sample(sentences: int, seed: int = 3) -> tuple[list, list, list]:
    """Gold, and two sides of which the second is right more often."""
    generator = np.random.default_rng(seed)
    gold = [generator.choice(TAGS["spans"], size=5).tolist() for _ in range(sentences)]
    sides = []
    for share in (0.7, 0.8):
        sides.append([[tag if generator.random() < share else "O" for tag in row] for row in gold])
    return gold, *sides


def test_accuracy_as_scipy_has_it() -> None:
    gold, old, new = sample(12)
    a, b = (count(gold, side, "spans") for side in (old, new))
    p = p_values(*count_matrices([a, b]), seed=1)
    reference = stats.permutation_test(
        (b.right_words, a.right_words),
        lambda x, y, axis: x.sum(axis=axis) - y.sum(axis=axis),
        permutation_type="samples",
        n_resamples=np.inf,
        vectorized=True,
    )
    assert p[3] == pytest.approx(reference.pvalue)


def test_what_is_drawn_comes_near_to_what_is_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    gold, old, new = sample(12)
    both = count_matrices([count(gold, side, "spans") for side in (old, new)])
    exact = p_values(*both, seed=1)
    monkeypatch.setattr(randomisation, "EXACT", 0)
    # Five standard errors of a share of 10,000.
    assert p_values(*both, seed=1) == pytest.approx(exact, abs=0.025)


def test_blocks_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    gold, old, new = sample(64)
    both = count_matrices([count(gold, side, "spans") for side in (old, new)])
    whole = p_values(*both, seed=1)
    assert (p_values(*both, seed=1) == whole).all()
    monkeypatch.setattr(randomisation, "BLOCK", 6400)
    assert p_values(*both, seed=1) == pytest.approx(whole, abs=0.025)
    assert sum(map(len, randomisation._swaps(64, 1))) == randomisation.SHUFFLES


def test_a_clear_difference_is_as_unlikely_as_can_be_told() -> None:
    gold = [["B-PER", "O"]] * 40
    both = count_matrices([count(gold, [["O", "O"]] * 40, "spans"), count(gold, gold, "spans")])
    assert p_values(*both, seed=1)[0] == pytest.approx(1 / (randomisation.SHUFFLES + 1))


def test_equal_counts_have_no_difference_to_explain() -> None:
    gold, old, _ = sample(20)
    both = count_matrices([count(gold, old, "spans")] * 2)
    assert (p_values(*both, seed=1) == 1).all()
