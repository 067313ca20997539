"""Intervals, p-values and verdicts: against scipy, and against scoring resampled and swapped sentences one by one."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from helpers.runs import counts_of
from helpers.tagged import sentences as sentences_of
from scipy import stats

from tagline.metrics import significance
from tagline.metrics.resampling import interval, weights
from tagline.metrics.scores import count, score
from tagline.metrics.significance import OVERALL, SHUFFLES, Difference, RunCounts, differences

TAGS = {"spans": ["O", "B-PER", "I-PER", "B-LOC"], "tags": ["NOUN", "VERB", "O"]}


def sample(sentences, *shares, kind="spans"):
    """Gold labels, and runs with about the given shares of them correct."""
    generator = np.random.default_rng(3)
    gold = [generator.choice(TAGS[kind], size=5).tolist() for _ in range(sentences)]
    runs = [[[tag if generator.random() < share else "O" for tag in row] for row in gold] for share in shares]
    return gold, runs


def run_counts(sentences, *shares):
    gold, runs = sample(sentences, *shares)
    return RunCounts.of([counts_of(gold, run) for run in runs])


def test_interval_equals_scoring_resampled_sentences(monkeypatch):
    monkeypatch.setattr(significance, "RESAMPLES", 40)
    gold, runs = sample(9, 0.6, 0.8)
    sides = [sentences_of(gold, run) for run in runs]
    by_hand = []
    for row in np.concatenate(list(weights(9, 40, 5))).astype(int):
        drawn = np.repeat(np.arange(9), row)
        first, second = (score(count([side[index] for index in drawn], "spans"))["overall"] for side in sides)
        by_hand.append([second[name] - first[name] for name in OVERALL])
    found = significance.difference_interval(RunCounts.of([count(side, "spans") for side in sides]), 1, seed=5)
    for ends, expected in zip(found, interval(by_hand), strict=True):
        assert ends[: len(OVERALL)] == pytest.approx(expected, abs=2e-6)  # scores have six digits


def test_runs_that_differ_widen_the_interval_and_equal_ones_do_not():
    def ends(counts, old=1):
        return np.array(significance.difference_interval(counts, old, seed=1))

    pair = run_counts(20, 0.6, 0.8)
    six = replace(pair, counts=pair.counts.repeat(3, axis=0))
    assert ends(six, 3).ravel() == pytest.approx(ends(pair).ravel())
    assert not ends(replace(pair, counts=pair.counts[[0, 0]])).any()
    low, high = ends(run_counts(40, 0.6, 0.4, 0.6, 0.8))
    assert high[0] - low[0] > 0.2


@pytest.mark.parametrize("kind", ["spans", "tags"])
def test_p_is_the_share_of_all_swaps_of_few_sentences(kind):
    gold, runs = sample(6, 0.6, 0.8, kind=kind)

    def gap(pairs):
        first, second = (score(counts_of(gold, side, kind))["overall"] for side in zip(*pairs, strict=True))
        return np.abs([second[name] - first[name] for name in ("f1", "accuracy")])

    pairs = [*zip(*runs, strict=True)]
    every = []
    for coins in itertools.product([1, -1], repeat=len(gold)):
        swapped = [pair[::coin] for pair, coin in zip(pairs, coins, strict=True)]
        every.append(gap(swapped) >= gap(pairs) - 1e-5)  # six digits
    p = significance.p_values(RunCounts.of([counts_of(gold, side, kind) for side in runs]), seed=1)
    assert [p[0], p[3]] == pytest.approx(np.mean(every, axis=0).tolist())


def test_random_swaps_approximate_all_swaps_in_blocks_of_any_size(monkeypatch):
    both = run_counts(12, 0.7, 0.8)
    exact = significance.p_values(both, seed=1)
    monkeypatch.setattr(significance, "EXACT", 0)
    for block in (significance.BLOCK, 6400):
        monkeypatch.setattr(significance, "BLOCK", block)
        # Five standard errors of a proportion of 10,000.
        assert significance.p_values(both, seed=1) == pytest.approx(exact, abs=0.025)
    assert significance.p_values(run_counts(40, 0, 1), seed=1)[0] == pytest.approx(1 / (SHUFFLES + 1))
    assert (significance.p_values(run_counts(40, 1, 1), seed=1) == 1).all()


def test_t_test_of_runs_is_welchs_and_students_for_a_single_run():
    generator = np.random.default_rng(1)
    old, new = generator.normal(0.7, 0.01, (4, 3)), generator.normal(0.72, 0.03, (5, 3))
    assert significance.t_test(old, new) == pytest.approx(stats.ttest_ind(old, new, equal_var=False).pvalue)
    new = np.array([[0.70], [0.72], [0.74]])
    # Student: 0.72 - 0.60 over 0.02 * sqrt(1/3 + 1), two degrees of freedom.
    expected = 2 * stats.t.sf(0.12 / (0.02 * (4 / 3) ** 0.5), 2)
    single = np.array([[0.60]])
    assert significance.t_test(single, new) == significance.t_test(new, single) == pytest.approx([expected])
    # Without variance within the sides there is no p; in one side is enough: 0.15 over 0.1 / 2.
    p = significance.t_test(np.array([[0.5, 0.5, 0.7]] * 2), np.array([[0.5, 0.6, 0.8], [0.5, 0.6, 0.9]]))
    assert p.tolist() == pytest.approx([np.nan, np.nan, 2 * stats.t.sf(3, 1)], nan_ok=True)


def test_verdict_needs_a_small_p_and_an_interval_without_0():
    def verdict(low, high, p):
        return Difference((0.5,), (0.52,), low, high, p, significance.RANDOMISATION).verdict

    assert verdict(0.01, 0.03, 0.01) == verdict(-0.03, -0.01, 0.01) == "significant"
    assert verdict(0.01, 0.03, 0.05) == verdict(0.0, 0.03, 0.01) == "not significant"


def test_runs_that_agree_have_the_paired_test_of_single_runs():
    gold, runs = sample(40, 0.5, 0.9, 0.8)
    old, new, another = (counts_of(gold, run) for run in runs)
    single, several = differences([old], [new]), differences([old] * 3, [new] * 2)
    for each, same in zip(single, several, strict=True):
        assert {name: (diff.p, diff.test) for name, diff in same.items()} == {
            name: (diff.p, significance.RANDOMISATION) for name, diff in each.items()
        }
    assert several[0]["f1"].p < 0.001 and several[0]["f1"].verdict == "significant"
    assert differences([old] * 3, [new, another])[0]["f1"].test == significance.T_TEST


def test_only_the_p_of_types_is_adjusted():
    # Each type is broken in the same five sentences: 2 of 2 ** 5 swaps have a difference as large.
    gold = [["B-A", "B-B", "B-C"]] * 5
    overall, per_type = differences([counts_of(gold, [["O"] * 3] * 5)], [counts_of(gold, gold)])
    assert list(overall) == ["f1", "precision", "recall", "accuracy"]
    assert overall["f1"].p == pytest.approx(2 / 32)
    assert {name: each.p for name, each in per_type.items()} == pytest.approx(dict.fromkeys("ABC", 6 / 32))
    # A type that only one side predicts counts for precision.
    gold = [["B-A", "O"]] * 3
    overall, per_type = differences([counts_of(gold, [["B-A", "B-X"]] * 3)], [counts_of(gold, gold)])
    assert per_type["X"].difference == 0
    assert overall["precision"].difference == pytest.approx(0.5)
