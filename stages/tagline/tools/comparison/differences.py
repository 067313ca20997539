"""Differences of scores between two sides, with interval, p-value and verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Literal

import numpy as np

from tagline.metrics.counts import Counts
from tagline.tools.comparison.significance import (
    OVERALL,
    count_matrices,
    difference_interval,
    holm,
    p_values,
    t_test,
)

Verdict = Literal["not significant", "significant"]

LEVEL = 0.05
SEED = 42


@dataclass(frozen=True)
class Difference:
    """One score of both sides.

    Attributes:
        old, new: its value in each run of the side.
        low, high: the 95 % interval of the difference of the means.
        p: the p-value of the difference, two-sided.
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
        """Significant if p is below `LEVEL` and the interval excludes 0."""
        return "significant" if self.p < LEVEL and (self.low > 0 or self.high < 0) else "not significant"


@dataclass(frozen=True)
class Differences:
    """The `OVERALL` scores, and the F1 of each type with p adjusted for the number of types."""

    overall: dict[str, Difference]
    per_type: dict[str, Difference]


def standard_deviation(values: Sequence[float]) -> float | None:
    """Compute the sample standard deviation of a score over runs; None for a single run."""
    return stdev(values) if len(values) > 1 else None


def differences(old: Sequence[Counts], new: Sequence[Counts]) -> Differences:
    """Compare two sides.

    Intervals come from a bootstrap. p comes from approximate randomisation if each side is a single run, otherwise from
    a t-test over runs, which differ by their seeds.

    Args:
        old: the counts of each run of one side.
        new: likewise; all of the same sentences in the same order, with the same gold labels.
    """
    runs = count_matrices([*old, *new])
    sides = runs[: len(old)], runs[len(old) :]
    values = [np.array([run.total() for run in side]) for side in sides]
    low, high = difference_interval(sides[0], sides[1], SEED)
    p = p_values(runs[0], runs[1], SEED) if len(runs) == 2 else t_test(values[0], values[1])
    p[len(OVERALL) :] = holm(p[len(OVERALL) :])
    rows = [
        Difference(tuple(before), tuple(after), *rest)
        for before, after, *rest in zip(
            values[0].T.tolist(), values[1].T.tolist(), low.tolist(), high.tolist(), p.tolist(), strict=True
        )
    ]
    return Differences(
        dict(zip(OVERALL, rows[: len(OVERALL)], strict=True)),
        dict(zip(runs[0].types, rows[len(OVERALL) :], strict=True)),
    )
