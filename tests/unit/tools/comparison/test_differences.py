"""Significance of differences: the rule, the adjustment for many types, and the test over runs."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.runs import counts_of
from scipy import stats

from tagline.tools.comparison.differences import Difference, differences, holm, standard_deviation, t_test


@pytest.mark.parametrize(
    ("low", "high", "p", "verdict"),
    [
        (0.01, 0.03, 0.01, "significant"),
        (-0.03, -0.01, 0.01, "significant"),
        (0.01, 0.03, 0.05, "not significant"),  # p is not below 0.05
        (0.0, 0.03, 0.01, "not significant"),  # 0 is in the interval
        (-0.01, 0.03, 0.01, "not significant"),
        (-0.01, 0.03, 0.5, "not significant"),
    ],
)
def test_the_rule(low: float, high: float, p: float, verdict: str) -> None:
    assert Difference((0.5,), (0.52,), low, high, p).verdict == verdict


@pytest.mark.parametrize(
    ("p", "adjusted"),
    [
        ([], []),
        ([0.04], [0.04]),
        ([0.01, 0.04, 0.03], [0.03, 0.06, 0.06]),
        ([0.04, 0.03, 0.02, 0.01], [0.06, 0.06, 0.06, 0.04]),
        ([0.5, 0.9, 0.6], [1, 1, 1]),
    ],
)
def test_holm_by_hand(p: list[float], adjusted: list[float]) -> None:
    assert holm(p).tolist() == pytest.approx(adjusted)


def test_several_runs_get_welchs_test() -> None:
    generator = np.random.default_rng(1)
    old, new = generator.normal(0.7, 0.01, (4, 3)), generator.normal(0.72, 0.03, (5, 3))
    assert t_test(old, new) == pytest.approx(stats.ttest_ind(old, new, equal_var=False).pvalue)


def test_a_single_run_is_given_the_variance_of_the_other_side() -> None:
    new = np.array([[0.70], [0.72], [0.74]])
    # Student: 0.72 - 0.60 over 0.02 * sqrt(1/3 + 1), two degrees of freedom.
    expected = 2 * stats.t.sf(0.12 / (0.02 * (4 / 3) ** 0.5), 2)
    assert t_test(np.array([[0.60]]), new) == pytest.approx([expected])
    assert t_test(new, np.array([[0.60]])) == pytest.approx([expected])


def test_without_variance_within_the_sides_nothing_is_significant() -> None:
    p = t_test(np.array([[0.5, 0.5, 0.7]] * 2), np.array([[0.5, 0.6, 0.8], [0.5, 0.6, 0.9]]))
    # Variance in one side is enough: 0.15 over 0.1 / 2, one degree of freedom.
    assert p.tolist() == pytest.approx([1.0, 1.0, 2 * stats.t.sf(3, 1)])


def test_the_standard_deviation_is_that_of_a_sample() -> None:
    assert standard_deviation([0.5]) is None
    assert standard_deviation([0.4, 0.6]) == pytest.approx(0.141421, abs=1e-6)


GOLD = [["B-PER", "O", "B-LOC"], ["O", "B-LOC", "O"], ["B-PER", "B-MISC", "O"]] * 12


def predicted(*wrong: int) -> list[list[str]]:
    return [["O"] * 3 if index in wrong else row for index, row in enumerate(GOLD)]


def test_two_runs() -> None:
    old, new = counts_of(GOLD, predicted(*range(12))), counts_of(GOLD, predicted(3))
    found = differences([old], [new])
    f1 = found.overall["f1"]
    assert (f1.old, f1.new) == (pytest.approx((0.8,), abs=0.01), pytest.approx((2 * 58 / 118,)))
    assert f1.low < f1.difference < f1.high
    assert f1.verdict == "significant"
    assert list(found.overall) == ["f1", "precision", "recall", "accuracy"]
    assert list(found.per_type) == ["LOC", "MISC", "PER"]
    assert found == differences([old], [new]), "the same input gives the same result"


def test_only_the_p_of_types_is_adjusted() -> None:
    # Each type is broken in the same five sentences: 2 of 2 ** 5 swaps have a difference as large.
    gold = [["B-A", "B-B", "B-C"]] * 5
    found = differences([counts_of(gold, [["O"] * 3] * 5)], [counts_of(gold, gold)])
    assert found.overall["f1"].p == pytest.approx(2 / 32)
    assert [each.p for each in found.per_type.values()] == pytest.approx([6 / 32] * 3)


def test_a_type_that_only_one_side_predicts() -> None:
    gold = [["B-A", "O"]] * 3
    found = differences([counts_of(gold, [["B-A", "B-X"]] * 3)], [counts_of(gold, gold)])
    assert list(found.per_type) == ["A", "X"]
    assert found.per_type["X"].difference == 0
    assert found.overall["precision"].difference == pytest.approx(0.5)


def test_sides_of_several_runs() -> None:
    old = [counts_of(GOLD, predicted(*range(start, start + 12))) for start in (0, 5, 11)]
    new = [counts_of(GOLD, predicted(number)) for number in (0, 1)]
    f1 = differences(old, new).overall["f1"]
    assert (len(f1.old), len(f1.new)) == (3, 2)
    assert f1.difference == pytest.approx(np.mean(f1.new) - np.mean(f1.old))
    assert f1.verdict == "significant"


def test_plain_tags_are_averaged_over_tags() -> None:
    gold = [["NOUN", "VERB"], ["NOUN", "NOUN"]]
    f1 = differences([counts_of(gold, [["NOUN", "NOUN"]] * 2, "tags")], [counts_of(gold, gold, "tags")]).overall["f1"]
    assert (f1.old, f1.new) == (pytest.approx((3 / 7,)), (1.0,))
