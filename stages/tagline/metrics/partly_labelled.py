"""Scores of texts of which some are labelled: measured on these, and corrected by what is estimated of all.

Precision, recall and F1 are ratios of sums over sentences. If the labelled sentences look easier to the model than the
other texts, by its own scores, the ratio is lowered, by as much as both vary together (prediction-powered inference:
Angelopoulos et al., 2023, here of ratios).
"""

from typing import NamedTuple

import numpy as np

from tagline.labels import Doubles
from tagline.metrics import resampling
from tagline.metrics.expected import DIGITS, Estimate
from tagline.metrics.scores import divide

RESAMPLES, SEED = 1000, 0
# The variance of estimates that are equal but for rounding.
EQUAL = 1e-12


class Parts(NamedTuple):
    """What scores are ratios of, float64 (sentences,) each: numbers of entities, measured or estimated.

    Attributes:
        correct: predicted entities that are in gold.
    """

    correct: Doubles
    predicted: Doubles
    gold: Doubles

    def ratios(self) -> dict[str, tuple[Doubles, Doubles]]:
        return {
            "precision": (self.correct, self.predicted),
            "recall": (self.correct, self.gold),
            "f1": (2 * self.correct, self.predicted + self.gold),
        }


def measure(measured: Parts, estimated: Parts, of_all: Parts) -> Estimate:
    """Measure scores, with a 95 % bootstrap interval over the labelled sentences.

    Args:
        measured: of the labelled sentences; there are predicted and gold entities.
        of_all: estimated sums over all texts, float64 (1,) each.
    """
    sentences = len(measured.correct)
    drawn = np.concatenate([np.ones((1, sentences)), *resampling.weights(sentences, RESAMPLES, SEED)])
    expected, total = estimated.ratios(), of_all.ratios()
    scores = {}
    for name, (numerator, denominator) in measured.ratios().items():
        own = _deviations(numerator, denominator, numerator.sum() / denominator.sum())
        numerator_of_all, denominator_of_all = total[name]
        seen = _deviations(*expected[name], divide(numerator_of_all, denominator_of_all))
        spread = seen.var()
        share = np.clip(np.cov(own, seen, ddof=0)[0, 1] / spread, 0, 1) if spread > EQUAL else 0.0
        values = divide(drawn @ numerator, drawn @ denominator) - share * (drawn @ seen) / sentences
        low, high = resampling.interval(values[1:])
        ends = {"value": values[0], "low": low, "high": high}
        scores[name] = {key: round(float(np.clip(end, 0, 1)), DIGITS) for key, end in ends.items()}
    return scores


def _deviations(numerator: Doubles, denominator: Doubles, ratio: Doubles) -> Doubles:
    """How much each sentence moves the ratio from a given one, float64 (sentences,)."""
    return np.asarray(divide(numerator - ratio * denominator, denominator.mean()))
