"""Differences of scores between two sides: bootstrap intervals, approximate randomisation, t-tests and verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, stdev
from typing import Literal

import numpy as np
import numpy.typing as npt

from tagline.labels import Doubles, Kind
from tagline.metrics.resampling import BLOCK, interval, weights
from tagline.metrics.scores import Counts, Totals

Verdict = Literal["not significant", "significant"]

LEVEL = 0.05
SEED = 42
OVERALL = ("f1", "precision", "recall", "accuracy")
RESAMPLES = 1000
SHUFFLES = 10_000
T_TEST, RANDOMISATION = "t-test over runs", "approximate randomisation"
# A note on a p of several runs.
AGREEING = f"the runs of each side have the same F1, so p is that of {RANDOMISATION} of their pooled predictions"
# Up to this many sentences, all 2 ** 13 = 8192 swaps are computed, which are fewer than SHUFFLES, and p is exact.
EXACT = 13
# Tolerance for rounding.
_EPSILON = 1e-12


@dataclass(frozen=True)
class Difference:
    """One score of both sides.

    Attributes:
        old, new: its value in each run.
        low, high: the 95 % interval of the difference of the means.
        p: two-sided.
        test: which one p comes from, `RANDOMISATION` or `T_TEST`.
    """

    old: tuple[float, ...]
    new: tuple[float, ...]
    low: float
    high: float
    p: float
    test: str

    @property
    def difference(self) -> float:
        return fmean(self.new) - fmean(self.old)

    @property
    def pooled(self) -> bool:
        return self.test == RANDOMISATION and len(self.old) + len(self.new) > 2

    @property
    def verdict(self) -> Verdict:
        """Significant if p is below `LEVEL` and the interval excludes 0."""
        return "significant" if self.p < LEVEL and (self.low > 0 or self.high < 0) else "not significant"


def significance_test(several: bool) -> str:
    if several:
        return f"{T_TEST}; where the runs of each side agree, {RANDOMISATION}, {SHUFFLES:,} shuffles"
    return f"{RANDOMISATION}, {SHUFFLES:,} shuffles"


def score_text(runs: Sequence[float]) -> str:
    """Format the mean of a score over runs, of several with the standard deviation: ``0.735 ± 0.001``."""
    if len(runs) == 1:
        return f"{runs[0]:.3f}"
    return f"{fmean(runs):.3f} ± {stdev(runs):.3f}"


def differences(old: Sequence[Counts], new: Sequence[Counts]) -> tuple[dict[str, Difference], dict[str, Difference]]:
    """Compare two sides, with intervals from a bootstrap.

    p comes from a t-test over runs, which differ by their seeds; for scores in which the runs of each side agree, from
    approximate randomisation of their mean counts.

    Args:
        old, new: the counts of each run, of the same sentences in the same order, with the same gold labels.

    Returns:
        The `OVERALL` scores, and the F1 of each type with p adjusted for the number of types.
    """
    runs = RunCounts.of([*old, *new])
    values = runs.total()
    of_old, of_new = values[: len(old)], values[len(old) :]
    lows, highs = difference_interval(runs, len(old), SEED)
    p = np.full(values.shape[1], np.nan)
    if len(values) > 2:
        p = t_test(of_old, of_new)
    is_paired = np.isnan(p)
    if is_paired.any():
        pooled = [side.mean(axis=0) for side in np.split(runs.counts, [len(old)])]
        p = np.where(is_paired, p_values(replace(runs, counts=np.stack(pooled)), SEED), p)
    p[len(OVERALL) :] = holm(p[len(OVERALL) :])
    scores = []
    for index in range(len(p)):
        scores.append(
            Difference(
                old=tuple(of_old[:, index].tolist()),
                new=tuple(of_new[:, index].tolist()),
                low=float(lows[index]),
                high=float(highs[index]),
                p=float(p[index]),
                test=RANDOMISATION if is_paired[index] else T_TEST,
            )
        )
    return dict(zip(OVERALL, scores, strict=False)), dict(zip(runs.types, scores[len(OVERALL) :], strict=True))


def f1_differences(pairs: Mapping[str, tuple[Sequence[Counts], Sequence[Counts]]]) -> dict[str, Difference]:
    """Compare the F1 of pairs of an old and a new side, with p adjusted for their number."""
    result = {}
    for key, (old, new) in pairs.items():
        overall, _ = differences(old, new)
        result[key] = overall["f1"]
    adjusted = holm([difference.p for difference in result.values()]).tolist()
    for key, p in zip(result, adjusted, strict=True):
        result[key] = replace(result[key], p=p)
    return result


@dataclass(frozen=True)
class RunCounts:
    """The counts of several runs over the same sentences.

    Attributes:
        types: of all runs.
        counts: (runs, sentences, 3 * types + 2). For types A and B the columns are correct A, correct B, predicted A,
            predicted B, gold A, gold B, words, correct words.
    """

    kind: Kind
    types: tuple[str, ...]
    counts: Doubles

    @classmethod
    def of(cls, runs: Sequence[Counts]) -> RunCounts:
        types = tuple(sorted({name for run in runs for name in run.types}))
        counts = np.zeros((len(runs), len(runs[0].words), 3 * len(types) + 2))
        for matrix, run in zip(counts, runs, strict=True):
            columns = np.array([types.index(name) for name in run.types], dtype=np.intp)
            for block, part in enumerate((run.correct, run.predicted, run.gold)):
                matrix[:, block * len(types) + columns] = part.toarray()
            matrix[:, -2] = run.words
            matrix[:, -1] = run.correct_words
        return cls(runs[0].kind, types, counts)

    def total(self) -> Doubles:
        """The scores of all sentences: (runs, scores)."""
        return self.scores(self.counts.sum(axis=1))

    def scores(self, sums: Doubles) -> Doubles:
        """Compute scores from sums of `counts`, (..., runs, 3 * types + 2).

        Returns:
            (..., runs, 4 + types): the `OVERALL` scores, then each type's F1.
        """
        totals = self._totals(sums)
        overall = totals.overall(self._totals(self.counts.sum(axis=1)))
        first = np.stack([overall.f1, overall.precision, overall.recall, totals.accuracy()], axis=-1)
        return np.concatenate([first, totals.per_type().f1], axis=-1)

    def _totals(self, sums: Doubles) -> Totals:
        correct, predicted, gold = np.split(sums[..., :-2], 3, axis=-1)
        return Totals(self.kind, self.types, correct, predicted, gold, sums[..., -2], sums[..., -1])


def difference_interval(runs: RunCounts, first_new: int, seed: int) -> tuple[Doubles, Doubles]:
    """Compute the 95 % interval of new minus old, each the mean of its runs: lower and upper bounds, (scores,).

    A paired bootstrap (Efron and Tibshirani, 1993) over sentences, the same for all runs, and over runs, of which the
    first ``first_new`` are old.
    """
    generator = np.random.default_rng(seed)
    differences = []
    for block in weights(runs.counts.shape[1], RESAMPLES, seed):
        scores = runs.scores(np.tensordot(block, runs.counts, axes=(1, 1)))  # (resamples, runs, scores)
        old, new = (_mean_of_drawn(generator, side) for side in np.split(scores, [first_new], axis=1))
        differences.append(new - old)
    return interval(np.concatenate(differences))


def _mean_of_drawn(generator: np.random.Generator, scores: Doubles) -> Doubles:
    """The mean over drawn runs: (resamples, runs, scores) to (resamples, scores)."""
    drawn = draw_runs(generator, *scores.shape[:2])
    return (drawn[..., None] * scores).sum(axis=1)


def draw_runs(generator: np.random.Generator, resamples: int, runs: int) -> Doubles:
    """Draw the weight of each run in each resample: (resamples, runs), rows sum to 1.

    n - 1 of n runs are drawn, for an unbiased variance of the resampled mean (Rao and Wu, 1988).
    """
    drawn = max(1, runs - 1)
    return generator.multinomial(drawn, np.full(runs, 1 / runs), size=resamples) / drawn


def p_values(runs: RunCounts, seed: int) -> Doubles:
    """Compute the two-sided p of the difference of each score by approximate randomisation (Noreen, 1989; Yeh, 2000).

    The two predictions for a sentence are swapped at random, many times; p is the share of shuffles with a difference
    at least as large as the observed one.
    """
    gaps = runs.counts[1] - runs.counts[0]
    gaps = gaps[gaps.any(axis=1)]
    totals = runs.counts.sum(axis=1)
    old, new = runs.total()
    observed = np.abs(old - new)
    extreme = np.zeros(len(observed))
    shuffles = 0
    for swapped in _swaps(len(gaps), seed):
        moved = swapped @ gaps
        scores = runs.scores(totals + np.stack([moved, -moved], axis=1))  # (shuffles, 2, scores)
        difference = np.abs(scores[:, 0] - scores[:, 1])
        extreme += np.count_nonzero(difference >= observed - _EPSILON, axis=0)
        shuffles += len(swapped)
    # Random shuffles do not include the observed assignment, which counts as one more: p is never 0.
    observed_once = int(len(gaps) > EXACT)
    return np.asarray((extreme + observed_once) / (shuffles + observed_once))


def _swaps(sentences: int, seed: int) -> Iterator[Doubles]:
    """Yield blocks (shuffles, sentences) with 1 for swapped sentences: all swaps, or `SHUFFLES` random ones."""
    if sentences <= EXACT:
        yield (np.arange(2**sentences)[:, None] >> np.arange(sentences) & 1).astype(np.float64)
        return
    generator = np.random.default_rng(seed)
    rows = max(1, BLOCK // sentences)
    for begin in range(0, SHUFFLES, rows):
        bits = generator.integers(256, size=(min(rows, SHUFFLES - begin), -(-sentences // 8)), dtype=np.uint8)
        yield np.unpackbits(bits, axis=1)[:, :sentences].astype(np.float64)


def t_test(old: Doubles, new: Doubles) -> Doubles:
    """Compute the two-sided p of the difference of each score over runs, by Welch's test.

    A single run takes the variance of the other side (Student's test). NaN where the runs of each side agree.

    Args:
        old, new: (runs, scores), at least three runs in total.
    """
    from scipy.stats import ttest_ind_from_stats  # takes a second, for which single runs need not wait

    old_deviation, new_deviation = _deviation(old), _deviation(new)
    with np.errstate(divide="ignore", invalid="ignore"):
        test = ttest_ind_from_stats(
            mean1=old.mean(axis=0),
            std1=old_deviation,
            nobs1=len(old),
            mean2=new.mean(axis=0),
            std2=new_deviation,
            nobs2=len(new),
            equal_var=min(len(old), len(new)) == 1,
        )
    return np.where(np.maximum(old_deviation, new_deviation) > _EPSILON, test.pvalue, np.nan)


def _deviation(scores: Doubles) -> Doubles:
    """The standard deviation of each score over runs; 0 of a single run."""
    if len(scores) == 1:
        return np.zeros(scores.shape[1])
    return np.asarray(scores.std(axis=0, ddof=1))


def holm(p: npt.ArrayLike) -> Doubles:
    """Adjust p-values for the number of tests (Holm, 1979); else about 1 of 20 unchanged types is significant."""
    values = np.asarray(p, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(1, np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1)))
    return adjusted
