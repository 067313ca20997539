"""A power law of the error, fitted to a learning curve, and intervals of what it predicts.

See Figueroa et al., 2012, "Predicting sample size required for classification performance".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import nnls

# Exponents that are tried: from almost a logarithm to the reciprocal of the size.
EXPONENTS = np.linspace(0.04, 1, 25)
PARAMETERS = 3
RESAMPLES = 500
# What lies below and above an interval of 80 %.
TAILS = (0.1, 0.9)


@dataclass(frozen=True)
class PowerLaw:
    """F1 as 1 - floor - factor * sentences ** -exponent; each of them is at least 0."""

    floor: float
    factor: float
    exponent: float

    def f1(self, sentences: Any) -> Any:
        """The F1 of a number of sentences, or of an array of them."""
        return 1 - self.floor - self.factor * np.asarray(sentences, dtype=np.float64) ** -self.exponent


def fit(sizes: npt.ArrayLike, f1: npt.ArrayLike) -> PowerLaw:
    """Fit a law by least squares: linear for each exponent.

    Args:
        sizes: sentences of each run, of at least three sizes.
        f1: of each run.
    """
    candidates = []
    for exponent in EXPONENTS:
        powers = np.asarray(sizes, dtype=np.float64) ** -exponent
        (floor, factor), residual = nnls(np.stack([np.ones_like(powers), powers], axis=1), 1 - np.asarray(f1))
        candidates.append((residual, floor, factor, exponent))
    return PowerLaw(*map(float, min(candidates)[1:]))


class Fit:
    """A law, and the laws of the runs with their residuals drawn again (a residual bootstrap).

    Args:
        sizes: sentences of each run, of at least four sizes.
        f1: of each run.

    Attributes:
        law: of the runs.
    """

    def __init__(self, sizes: Sequence[int], f1: Sequence[float]) -> None:
        self.law, self._generator = fit(sizes, f1), np.random.default_rng(0)
        fitted = self.law.f1(sizes)
        # Residuals of a fit are smaller than the errors, since each parameter takes up some of them.
        self._residuals = (np.asarray(f1) - fitted) * np.sqrt(len(sizes) / (len(sizes) - PARAMETERS))
        self._laws = [fit(sizes, fitted + self._drawn(len(sizes))) for _ in range(RESAMPLES)]

    def _drawn(self, *shape: int) -> npt.NDArray[np.float64]:
        return self._generator.choice(self._residuals, shape)

    def interval(self, value: Callable[[PowerLaw], float], runs: int | None = None) -> tuple[float, float]:
        """The interval of 80 % of a value of the law.

        Args:
            value: of a law.
            runs: the value is measured as a mean over so many runs, with their own errors; None: without.
        """
        values = np.array([value(law) for law in self._laws])
        if runs:
            values += self._drawn(RESAMPLES, runs).mean(1)
        low, high = np.quantile(values, TAILS)
        return float(low), float(high)
