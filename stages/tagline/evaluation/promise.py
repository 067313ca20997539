"""Promise: a recall or precision that later texts reach with a confidence, if they are like those of validation.

Learn then Test (Angelopoulos et al., 2021, https://arxiv.org/abs/2110.01052): for each bias, the hypothesis that the
recall of all texts is below the promise is tested on validation; for a precision, for each score above which entities
are accepted. They are tested in an order that is fixed in advance, from the safest on, until one is not rejected. So
the probability that any rejected hypothesis is true is at most 1 - confidence, whatever their number.
"""

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import rel_entr
from scipy.stats import binom

from tagline.evaluation.evaluate_params import FoundIf
from tagline.labels.windows import Doubles

Unit = Literal["entities", "documents"]
ROUNDING = 1e-9  # of a sum of shares


class Promise(NamedTuple):
    """The test of a type's promise on validation.

    Attributes:
        confidence: of the promise.
        kept: whether the promise can be made.
        unit: what is taken as independent of each other: documents if they are known, else entities.
        number: of entities, or of documents with entities of the type.
        missed: entities that are missed, of a precision wrong, with the chosen bias or score, or if there is none, with
            the safest one; for documents, the sum of the missed shares of their entities.
        allowed: how many may be missed; -1: not even 0.
        needed: the number with which the promise is possible if the same share is missed, or none where ``allowed`` is
            -1; None: no number is enough.
    """

    confidence: float
    kept: bool
    unit: Unit
    number: int
    missed: float
    allowed: int
    needed: int | None

    def statement(self, type_: str, least: float, found: FoundIf) -> str:
        """Say which recall is promised under which assumptions, or why none is.

        Args:
            type_: of the entities.
            least: the promised recall, from 0 to 1.
            found: when an entity counts as found.
        """
        if self.kept:
            how = "each word is in a predicted entity" if found == "covered" else "type and boundaries"
            return self.sentence(least, f"{type_} entities", f"are found ({how})", "missed")
        if self.needed is None:
            return (
                f"No promise for {type_}: the safest bias misses {self.counted} of validation; expected at most "
                f"{self.allowed:,}; lower at_least or improve the model"
            )
        if self.allowed < 0:
            return (
                f"No promise for {type_}: validation has {self._all}; expected at least {self.needed:,}, even if none "
                f"is missed; annotate {self.needed - self.number:,} more"
            )
        if self.needed == self.number:
            return (
                f"No promise for {type_}: its own test passes, but not with a bias that keeps the others' promises; "
                "leave some of them out"
            )
        return (
            f"No promise for {type_}: the safest bias misses {self.counted} of validation; expected at most "
            f"{self.allowed:,}; annotate about {self.needed - self.number:,} more, lower at_least or improve the model"
        )

    def sentence(self, least: float, entities: str, are_found: str, missed: str) -> str:
        """Say what is promised of which entities, and how many of them are ``missed`` on validation."""
        where = "later texts" if self.unit == "entities" else "a later document, on average,"
        return (
            f"With {100 * self.confidence:.4g} % confidence, at least {100 * least:.4g} % of the {entities} of {where} "
            f"{are_found}, if texts are like those of validation and {self.unit} independent of each other; "
            f"{self.counted} are {missed} there"
        )

    @property
    def counted(self) -> str:
        """How many are missed, such as "3 of 152 entities"."""
        return f"{self.missed:.4g} of {self._all}"

    @property
    def _all(self) -> str:
        if self.number == 1:
            return "1 entity" if self.unit == "entities" else "1 document"
        return f"{self.number:,} {self.unit}"


class ShareTest(NamedTuple):
    """The test that the share of entities that are found, or right, is at least that of a promise.

    Attributes:
        least: the promised recall or precision.
        confidence: of the promise.
        sequences: the number of sequences of tests, which share the risk of 1 - confidence.
        of_documents: whether documents, not entities, are taken as independent of each other.
        number: of these.
    """

    least: float
    confidence: float
    sequences: int
    of_documents: bool
    number: int

    def p_values(self, missed: npt.ArrayLike, number: npt.ArrayLike) -> Doubles:
        """Test the hypothesis that the share is below the promise.

        Entities: the exact binomial test. Documents: the Hoeffding-Bentkus inequality (Bates et al., 2021,
        https://arxiv.org/abs/2101.02703), since each is missed by a share from 0 to 1.

        Args:
            missed: (...), entities that are missed, or wrong, or the sum of their shares of documents.
            number: (...), of entities or documents.
        """
        missed = np.asarray(missed, np.float64)
        number = np.asarray(number)
        risk = 1 - self.least
        binomial: Doubles = binom.cdf(np.ceil(missed - ROUNDING), number, risk)
        if not self.of_documents:
            return binomial
        mean = np.minimum(missed / np.maximum(number, 1), risk)
        hoeffding = np.exp(-number * (rel_entr(mean, risk) + rel_entr(1 - mean, 1 - risk)))
        return np.minimum(hoeffding, np.e * binomial)

    def passes(self, missed: npt.ArrayLike, number: npt.ArrayLike | None = None) -> npt.NDArray[np.bool_]:
        """Whether the hypothesis is rejected, so that the promise can be made; by default with the test's number."""
        if number is None:
            number = self.number
        return self.p_values(missed, number) <= self._risk

    @property
    def least_number(self) -> int:
        """The number with which the promise is possible if none is missed: both p-values are ``least ** number``."""
        return math.ceil(math.log(self._risk) / math.log(self.least))

    @property
    def _risk(self) -> float:
        return (1 - self.confidence) / self.sequences

    def promise(self, kept: bool, missed: float) -> Promise:
        """Describe what the test found; for the arguments see `Promise`."""
        allowed = int(np.count_nonzero(self.passes(np.arange(self.number + 1)))) - 1
        unit: Unit = "documents" if self.of_documents else "entities"
        return Promise(self.confidence, kept, unit, self.number, missed, allowed, self._needed(allowed, missed))

    def _needed(self, allowed: int, missed: float) -> int | None:
        if allowed < 0:
            return self.least_number
        numbers = np.geomspace(self.number, 1000 * self.number, 700).astype(np.int64)  # each larger by a hundredth
        enough = numbers[self.passes(missed / self.number * numbers, numbers)]
        return int(enough[0]) if len(enough) else None


def least_step(passes: npt.NDArray[np.bool_], starts: Sequence[int]) -> int | None:
    """Choose the least step that is reached from a start downwards while all steps pass; None if no start passes.

    Steps 0 to 5 that pass: no, yes, no, yes, yes, no. From 1 and 4, steps 1 and 3 are reached, so 1 is chosen.
    """
    steps = []
    for start in starts:
        last_failing = int(np.flatnonzero(~passes[: start + 1]).max(initial=-1))
        if last_failing < start:
            steps.append(last_failing + 1)
    return min(steps, default=None)
