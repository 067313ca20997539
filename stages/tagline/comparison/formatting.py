"""Scores, differences and p-values as text."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from tagline.comparison.differences import Difference, standard_deviation


def score_text(runs: Sequence[float]) -> str:
    """Format the mean of a score over runs, with its standard deviation if there are several: ``0.735 ± 0.001``."""
    deviation = standard_deviation(runs)
    return f"{fmean(runs):.3f}" + ("" if deviation is None else f" ± {deviation:.3f}")


def interval_text(each: Difference) -> str:
    return f"{signed(each.low)} to {signed(each.high)}"


def signed(value: float) -> str:
    return f"{round(value, 3) + 0.0:+.3f}"  # no -0.000


def p_text(p: float) -> str:
    return "<0.001" if p < 0.001 else f"{p:.3f}"
