"""When a difference is real: the rule, the adjustment for many types, and the test over runs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from tagline.comparison.differences import Difference, differences, holm, standard_deviation, t_test
from tagline.metrics.counts import count


@pytest.mark.parametrize(
    ("low", "high", "p", "verdict"),
    [
        (0.01, 0.03, 0.01, "significant"),
        (-0.03, -0.01, 0.01, "significant"),
        (0.01, 0.03, 0.05, "not significant"),  # p is not below
        (0.0, 0.03, 0.01, "not significant"),  # 0 is inside
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
def test_holms_worked_by_hand(p: list[float], adjusted: list[float]) -> None:
    assert holm(p).tolist() == pytest.approx(adjusted)


def test_several_runs_are_tested_as_welch_does() -> None:
    generator = np.random.default_rng(1)
    old, new = generator.normal(0.7, 0.01, (4, 3)), generator.normal(0.72, 0.03, (5, 3))
    assert t_test(old, new) == pytest.approx(stats.ttest_ind(old, new, equal_var=False).pvalue)


def test_a_single_run_borrows_the_spread_of_the_others() -> None:
    new = np.array([[0.70], [0.72], [0.74]])
    # Student: 0.72 - 0.60 over 0.02 * sqrt(1/3 + 1), two degrees of freedom.
    expected = 2 * stats.t.sf(0.12 / (0.02 * (4 / 3) ** 0.5), 2)
    assert t_test(np.array([[0.60]]), new) == pytest.approx([expected])
    assert t_test(new, np.array([[0.60]])) == pytest.approx([expected])


def test_runs_without_any_spread_tell_nothing() -> None:
    p = t_test(np.array([[0.5, 0.5, 0.7]] * 2), np.array([[0.5, 0.6, 0.8], [0.5, 0.6, 0.9]]))
    # The spread of one side is enough: 0.15 over 0.1 / 2, one degree of freedom.
    assert p.tolist() == pytest.approx([1.0, 1.0, 2 * stats.t.sf(3, 1)])


def test_spread_is_that_of_a_sample() -> None:
    assert standard_deviation([0.5]) is None
    assert standard_deviation([0.4, 0.6]) == pytest.approx(0.141421, abs=1e-6)


GOLD = [["B-PER", "O", "B-LOC"], ["O", "B-LOC", "O"], ["B-PER", "B-MISC", "O"]] * 12


def predicted(*wrong: int) -> list[list[str]]:
    return [["O"] * 3 if place in wrong else row for place, row in enumerate(GOLD)]


def test_two_runs() -> None:
    old, new = count(GOLD, predicted(*range(12)), "spans"), count(GOLD, predicted(3), "spans")
    found = differences([old], [new])
    f1 = found.overall["f1"]
    assert (f1.old, f1.new) == (pytest.approx((0.8,), abs=0.01), pytest.approx((2 * 58 / 118,)))
    assert f1.low < f1.difference < f1.high
    assert f1.verdict == "significant"
    assert list(found.overall) == ["f1", "precision", "recall", "accuracy"]
    assert list(found.per_type) == ["LOC", "MISC", "PER"]
    assert found == differences([old], [new]), "nothing is left to chance"


def test_the_p_of_types_are_adjusted_and_the_others_are_not() -> None:
    # Every type is broken in the same five sentences: 2 of 2 ** 5 swaps lie as far apart.
    gold = [["B-A", "B-B", "B-C"]] * 5
    found = differences([count(gold, [["O"] * 3] * 5, "spans")], [count(gold, gold, "spans")])
    assert found.overall["f1"].p == pytest.approx(2 / 32)
    assert [each.p for each in found.per_type.values()] == pytest.approx([6 / 32] * 3)


def test_a_type_that_one_side_alone_predicts() -> None:
    gold = [["B-A", "O"]] * 3
    found = differences([count(gold, [["B-A", "B-X"]] * 3, "spans")], [count(gold, gold, "spans")])
    assert list(found.per_type) == ["A", "X"]
    assert found.per_type["X"].difference == 0
    assert found.overall["precision"].difference == pytest.approx(0.5)


def test_sides_of_several_runs() -> None:
    old = [count(GOLD, predicted(*range(start, start + 12)), "spans") for start in (0, 5, 11)]
    new = [count(GOLD, predicted(number), "spans") for number in (0, 1)]
    f1 = differences(old, new).overall["f1"]
    assert (len(f1.old), len(f1.new)) == (3, 2)
    assert f1.difference == pytest.approx(np.mean(f1.new) - np.mean(f1.old))
    assert f1.verdict == "significant"


def test_plain_tags_are_averaged_over_tags() -> None:
    gold = [["NOUN", "VERB"], ["NOUN", "NOUN"]]
    f1 = differences([count(gold, [["NOUN", "NOUN"]] * 2, "tags")], [count(gold, gold, "tags")]).overall["f1"]
    assert (f1.old, f1.new) == (pytest.approx((3 / 7,)), (1.0,))
