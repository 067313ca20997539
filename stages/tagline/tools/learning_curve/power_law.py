"""A power law of the error of a learning curve, and intervals of what it predicts.

The error is `factor * sentences ** -exponent`: a line in logarithms, fitted to the mean of each size, so that intervals
also cover deviations from a law (Hestness et al., 2017, "Deep learning scaling is predictable, empirically").
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from scipy import stats

# Half of what is outside of an interval of 80 %.
TAIL = 0.1
# An error of 0 has no logarithm.
SMALLEST = 1e-3


class Gain(NamedTuple):
    """What is added to the F1, and its 80 % interval."""

    f1: float
    low: float
    high: float


class PowerLaw:
    """A law of some runs.

    Args:
        means: mean F1 by number of sentences, of at least three.

    Attributes:
        factor: the error of one sentence.
        exponent: how fast it falls.
    """

    def __init__(self, means: Mapping[int, float]) -> None:
        sizes = np.log(list(means))
        errors = np.maximum(1 - np.array(list(means.values())), SMALLEST)
        line = stats.linregress(sizes, np.log(errors))
        self.factor = float(np.exp(line.intercept))
        self.exponent = float(-line.slope)
        self._slope_error = float(line.stderr)
        self._t = float(stats.t.isf(TAIL, len(means) - 2))
        self._count = len(means)
        self._mean = sizes.mean()
        self._squares = ((sizes - self._mean) ** 2).sum()

    def f1(self, sentences: float) -> float:
        return float(1 - self.factor * sentences**-self.exponent)

    def interval(self, sentences: int) -> tuple[float, float]:
        """The 80 % interval of the mean F1 measured with a number of sentences."""
        squared = self._squares * (1 + 1 / self._count) + (np.log(sentences) - self._mean) ** 2
        factor = np.exp(self._t * self._slope_error * np.sqrt(squared))
        error = 1 - self.f1(sentences)
        return float(1 - error * factor), float(1 - error / factor)

    def gain(self, sentences: int, more: int) -> Gain:
        """What more sentences add to the F1, with the exponent's interval."""
        exponents = self.exponent + self._t * self._slope_error * np.array([0, -1, 1])
        gain, low, high = (1 - self.f1(sentences)) * (1 - (1 + more / sentences) ** -exponents)
        return Gain(float(gain), float(low), float(high))
