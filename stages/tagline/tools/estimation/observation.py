"""Observation of a tagger: sums over answers, from which scores are estimated."""

import math
from functools import reduce

from tagline.artifacts.exported import TAGGER
from tagline.core import reading
from tagline.inference import Tagger
from tagline.labels import TaggedSentences
from tagline.metrics.expected import LEAST, Estimate, Reference, Sums, count, estimate
from tagline.terminal import UserError

# A moving window consists of so many blocks; the oldest one is dropped as a whole.
BLOCKS = 20


def reference_of(tagger: Tagger) -> Reference:
    """Read what the export carries to estimate scores.

    Raises:
        UserError: the model predicts plain tags, or its export lacks the reference or has a damaged one.
    """
    if tagger.labels.kind == "tags":
        raise UserError(
            f"{tagger.folder}: predicts a tag for each word; expected a model of entities, whose F1 can be estimated"
        )
    if not tagger.reference:
        raise UserError(
            f"{tagger.folder / TAGGER}: no entry reference, from which scores are estimated; expected one of this "
            f"version, with a test split and at least {LEAST} entities found in validation, annotated in full, right "
            "and wrong ones; run `dvc repro evaluate export`"
        )
    with reading(tagger.folder / TAGGER, "export", expected="the entry reference as this version writes it"):
        return Reference.parse(tagger.reference)


class Observation:
    """Sums what a tagger answers from now on.

    Args:
        window: number of latest words that are summed; None: of all texts.

    Raises:
        UserError: see `reference_of`.
    """

    def __init__(self, tagger: Tagger, window: int | None = None) -> None:
        self.reference = reference_of(tagger)
        self._block_words = None if window is None else window // BLOCKS
        self._blocks = [Sums()]
        tagger.observe = self._add

    @property
    def sums(self) -> Sums:
        """The sums so far; another thread may read them."""
        return reduce(Sums.plus, self._blocks)

    def expected(self) -> Estimate:
        return estimate(self.sums, self.reference.constants)

    def f1(self) -> float:
        """The estimated F1; NaN as long as no entity is found."""
        expected = self.expected()
        return expected["f1"]["value"] if expected else math.nan

    def _add(self, sentences: TaggedSentences) -> None:
        part = count(sentences, self.reference.constants)
        *blocks, last = self._blocks
        if self._block_words is not None and last.words >= self._block_words:
            blocks = [*blocks, last][1 - BLOCKS :]
            last = Sums()
        self._blocks = [*blocks, last.plus(part)]
