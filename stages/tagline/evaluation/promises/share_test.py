"""Share test: whether validation shows that a share of entities is found or right, in later texts too.

Learn then Test (Angelopoulos et al., 2021, https://arxiv.org/abs/2110.01052): for each bias or score, the hypothesis
that the share of all texts is below the promise is tested on validation, in a fixed order, from the safest on, until
one is not rejected. So the probability that a rejected one is true is at most 1 - confidence.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import rel_entr
from scipy.stats import binom

from tagline.labels import Bools, Doubles, Ints
from tagline.metrics.scores import divide

ROUNDING = 1e-9  # of a sum of shares


class ShareTest(NamedTuple):
    """The test that the share of entities that are found, or right, is at least the promised one.

    Attributes:
        at_least: the promised recall or precision.
        confidence: with which later texts reach it; None: only validation is tested.
        sequences: the number of sequences of tests, which share the risk of 1 - confidence.
        of_documents: whether documents, not entities, are independent of each other.
        number: of these; of documents, of those with entities.
    """

    at_least: float
    confidence: float | None
    sequences: int
    of_documents: bool
    number: int

    def p_values(self, missed: npt.ArrayLike, number: npt.ArrayLike) -> Doubles:
        """Test the hypothesis that the share is below the promise.

        Entities: the exact binomial test. Documents: the Hoeffding-Bentkus inequality (Bates et al., 2021,
        https://arxiv.org/abs/2101.02703), since each is missed by a share from 0 to 1.

        Args:
            missed: (...), missed or wrong entities, or the sum of their shares of documents.
            number: (...), of entities or documents.
        """
        missed = np.asarray(missed, np.float64)
        number = np.asarray(number)
        risk = 1 - self.at_least
        binomial: Doubles = binom.cdf(np.ceil(missed - ROUNDING), number, risk)
        if not self.of_documents:
            return binomial
        mean = np.minimum(missed / np.maximum(number, 1), risk)
        hoeffding = np.exp(-number * (rel_entr(mean, risk) + rel_entr(1 - mean, 1 - risk)))
        return np.minimum(hoeffding, np.e * binomial)

    def passes(self, missed: npt.ArrayLike, number: npt.ArrayLike | None = None) -> Bools:
        """Whether the promise can be made; by default with the test's number."""
        if number is None:
            number = self.number
        if self.confidence is None:
            return np.subtract(number, missed) >= self.at_least * np.maximum(number, 1) - ROUNDING
        return self.p_values(missed, number) <= self._risk(self.confidence)

    @property
    def least_number(self) -> int:
        """The number that makes the promise possible if none is missed: both p-values are ``at_least ** number``."""
        if self.confidence is None:
            return 1
        return math.ceil(math.log(self._risk(self.confidence)) / math.log(self.at_least))

    def _risk(self, confidence: float) -> float:
        return (1 - confidence) / self.sequences

    def statement(self, kept: bool, missed: float, entities: str, are_found: str, others: str) -> str:
        """Say what is promised under which assumptions, or what that would need.

        Args:
            missed: with the chosen bias or score, or else at best; of documents, the sum of their shares.
            entities: such as "PER entities".
        """
        unit = "documents" if self.of_documents else entities.split()[-1]
        share = f"at least {100 * self.at_least:.4g} % of the {entities}"
        counted = f"{missed:.4g} of {self.number:,} {unit} are {others}"
        if kept:
            if self.confidence is None:
                return f"On validation, which chose the bias, {share} {are_found}; {counted}"
            where = "of a later document, on average," if self.of_documents else "of later texts"
            return (
                f"With {100 * self.confidence:.4g} % confidence, {share} {where} {are_found}, if texts are like those "
                f"of validation and {unit} independent of each other; {counted} there"
            )
        refusal = f"Validation does not show that {share} {are_found}"
        if self.passes(missed):
            return f"{refusal} with a bias with which the other promises hold; leave some of them out"
        allowed = int(np.count_nonzero(self.passes(np.arange(self.number + 1)))) - 1
        expected = f"at most {allowed:,}"
        if allowed < 0:
            expected = f"at least {self.least_number:,} {unit}, none of them {others}"
        return f"{refusal}: at best, {counted}; expected {expected}; annotate more, lower at_least or improve the model"


def least_step(passes: Bools, starts: Sequence[int]) -> int | None:
    """Choose the least step that is reached from a start downwards while all steps pass, if a start passes.

    Of steps no, yes, no, yes, yes, no and the starts 1 and 4, steps 1 and 3 are reached, so 1 is chosen.
    """
    steps = []
    for start in starts:
        last_failing = int(np.flatnonzero(~passes[: start + 1]).max(initial=-1))
        if last_failing < start:
            steps.append(last_failing + 1)
    return min(steps, default=None)


def of_documents(counted: Doubles, documents: Ints) -> Doubles:
    """Turn counts of sentences, (2, sentences): found or right, and all, into those of documents.

    Returns:
        float64 (2, documents): the share found of each, and 1 if it has any.
    """
    found, number = (np.bincount(documents, weights=row) for row in counted)
    return np.array([divide(found, number), number > 0])
