"""Runs, scores, differences and p-values as text, and what they mean."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from tagline.tools.comparison.bootstrap import RESAMPLES
from tagline.tools.comparison.differences import LEVEL, Difference, standard_deviation
from tagline.tools.comparison.randomisation import SHUFFLES
from tagline.tools.comparison.runs import Run
from tagline.tools.comparison.styles import Terminal


def names_text(runs: Sequence[Run], style: Terminal) -> str:
    return ", ".join(style.safe(run.title) for run in runs)


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


def significance_test(several: bool) -> str:
    """Name the significance test of one run per side, or of several."""
    return "t-test over runs" if several else f"approximate randomisation, {SHUFFLES:,} shuffles"


def legend(several: bool, adjusted: str) -> list[str]:
    """Explain the columns of a table of differences.

    Args:
        several: whether a side has several runs.
        adjusted: which p-values are adjusted, and how.
    """
    return [
        f"significant: p is below {LEVEL} and the interval excludes 0",
        f"interval: paired bootstrap over {'sentences and runs' if several else 'sentences'}, {RESAMPLES:,} resamples",
        f"p: {significance_test(several)}; {adjusted}",
        *(["±: standard deviation over runs"] if several else []),
    ]
