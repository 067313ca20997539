"""Differences: how far two sides lie apart in each score, and whether that is noise or real."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.stats import ttest_ind_from_stats

from tagline.comparison.bootstrap import difference_interval
from tagline.comparison.count_matrices import OVERALL, count_matrices
from tagline.comparison.randomisation import p_values
from tagline.metrics.counts import Counts

Floats = npt.NDArray[np.float64]
Verdict = Literal["not significant", "significant"]

LEVEL = 0.05
SEED = 42


@dataclass(frozen=True)
class Difference:
    """One score on both sides.

    Attributes:
        old, new: its value in each run of the side.
        low, high: the 95 % interval of the difference of their means.
        p: how likely a difference as large would be if the sides were alike.
    """

    old: tuple[float, ...]
    new: tuple[float, ...]
    low: float
    high: float
    p: float

    @property
    def difference(self) -> float:
        return fmean(self.new) - fmean(self.old)

    @property
    def verdict(self) -> Verdict:
        """*real* where p is below `LEVEL` and the interval leaves out 0, both of them; else *noise*."""
        return "significant" if self.p < LEVEL and (self.low > 0 or self.high < 0) else "not significant"


@dataclass(frozen=True)
class Differences:
    """The `OVERALL` scores, and the F1 of each type, whose p are adjusted for the number of types."""

    overall: dict[str, Difference]
    per_type: dict[str, Difference]


def standard_deviation(values: Sequence[float]) -> float | None:
    """The standard deviation of a score over runs, as of a sample; None of a single run."""
    return stdev(values) if len(values) > 1 else None


def differences(old: Sequence[Counts], new: Sequence[Counts]) -> Differences:
    """Compare two sides.

    The interval is a bootstrap's. p is approximate randomisation's where each side is a single run; where one has
    several, whose scores spread by their seeds, it is a t-test's over the runs.

    Args:
        old: the counts of each run of one side.
        new: those of the other; all of the same sentences in the same order, against the same gold labels.
    """
    both = count_matrices([*old, *new])
    sides = both[: len(old)], both[len(old) :]
    values = [np.array([sheet.total() for sheet in side]) for side in sides]
    low, high = difference_interval(sides[0], sides[1], SEED)
    p = p_values(both[0], both[1], SEED) if len(both) == 2 else t_test(values[0], values[1])
    p[len(OVERALL) :] = holm(p[len(OVERALL) :])
    rows = [
        Difference(tuple(before), tuple(after), *rest)
        for before, after, *rest in zip(
            values[0].T.tolist(), values[1].T.tolist(), low.tolist(), high.tolist(), p.tolist(), strict=True
        )
    ]
    return Differences(
        dict(zip(OVERALL, rows[: len(OVERALL)], strict=True)),
        dict(zip(both[0].types, rows[len(OVERALL) :], strict=True)),
    )


def holm(p: npt.ArrayLike) -> Floats:
    """Adjust p for the number of tests (Holm, 1979): one of twenty types without any change would look real."""
    values = np.asarray(p, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(1, np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1)))
    return adjusted


def t_test(old: Floats, new: Floats) -> Floats:
    """Find the two-sided p of the difference of each score over runs.

    Welch's test, which lets the sides spread differently. A side of one run shows no spread; then both are taken to
    have that of the other (Student's test). Where no run differs from its own side p is 1.

    Args:
        old: (runs, scores).
        new: likewise; three runs or more in both together.
    """
    means = [side.mean(axis=0) for side in (old, new)]
    spreads = [side.std(axis=0, ddof=1) if len(side) > 1 else np.zeros(side.shape[1]) for side in (old, new)]
    alike = len(old) == 1 or len(new) == 1
    with np.errstate(divide="ignore", invalid="ignore"):
        p = ttest_ind_from_stats(means[0], spreads[0], len(old), means[1], spreads[1], len(new), equal_var=alike).pvalue
    # Runs that all agree, as few of a rare type may, show no spread by which to tell anything.
    return np.where(np.maximum(*spreads) > 1e-12, p, 1.0)
