"""Expected scores: precision, recall and F1 of texts without gold labels, from the model's calibrated scores.

Of N entities that the model finds, A have a score above a threshold, that above which validation has as many entities
as are correct there (average thresholded confidence: Garg et al., 2022). The expected number of gold entities is
A + w (N - A) + c O: a share w of wrong entities touches a gold one, and others are missed among the words called O, of
which O, the sum of 1 - score, are expected to be wrong. F1 is 2 A / (N + that number).

If scores stay calibrated, their sum is the expected number of correct entities. How far it is from A shows how little
is known, and widens the interval.
"""

from __future__ import annotations

from collections.abc import Mapping
from operator import add
from typing import Any, NamedTuple

import numpy as np

from tagline.labels import Bools, Doubles, TaggedSentences, is_outside
from tagline.labels.entities import EntityArrays

# The fewest entities of validation from which constants are computed, right and wrong ones together.
LEAST = 50
# Scores this near to the threshold are equal to it, so that rounding on another kind of host does not move them.
NEAR = 1e-4
# Standard errors on each side of a 95 % interval.
Z = 1.96
DIGITS = 6


class Constants(NamedTuple):
    """What validation says of scores.

    Attributes:
        threshold: the score above which as many entities are as are correct.
        ties: the share of the entities with this score that counts as above it.
        touching: share of wrong entities that touch a gold one.
        missed: gold entities that no predicted one touches, per expected wrong word among those called O.
        entities: the number predicted.
    """

    threshold: float
    ties: float
    touching: float
    missed: float
    entities: int


def fit(validation: TaggedSentences) -> Constants | None:
    """Compute the constants.

    None for fewer than `LEAST` entities, if all are right or none is, or if no word is called O.
    """
    found, gold = validation.predicted_entities, validation.gold_entities
    is_correct = validation.correct[1]
    doubt = _doubt(validation)
    if len(is_correct) < LEAST or is_correct.all() or not is_correct.any() or not doubt:
        return None
    words = len(validation.predicted)
    wrong = found.where(~is_correct)
    missed = ~_touches(gold, found, words)
    right = np.count_nonzero(is_correct)
    threshold = float(np.sort(validation.confidences)[-right])
    above, equal = _above(validation.confidences, threshold)
    return Constants(
        threshold=threshold,
        ties=float((right - np.count_nonzero(above)) / np.count_nonzero(equal)),
        touching=round(float(_touches(wrong, gold, words).mean()), DIGITS),
        missed=round(float(np.count_nonzero(missed) / doubt), DIGITS),
        entities=len(is_correct),
    )


def _above(scores: Doubles, threshold: float) -> tuple[Bools, Bools]:
    above = scores - threshold
    return above > NEAR, np.abs(above) <= NEAR


def _touches(entities: EntityArrays, others: EntityArrays, words: int) -> Bools:
    """Whether each entity shares a word with one of the others, bool (entities,)."""
    steps = np.zeros(words + 1, np.int64)
    steps[others.start] += 1
    steps[others.end] -= 1
    words_before = np.concatenate([[0], np.cumsum(np.cumsum(steps))])  # the number of words in others before each word
    touches: Bools = words_before[entities.end] > words_before[entities.start]
    return touches


def _doubt(sentences: TaggedSentences) -> float:
    """The expected number of wrong words among those called O, without words that have no sub-words."""
    outside = is_outside(sentences.predicted, sentences.labels) & (sentences.scores > 0)
    return float((1 - sentences.scores[outside].astype(np.float64)).sum())


class Sums(NamedTuple):
    """What is counted of labelled texts; sums of texts add up.

    Attributes:
        found: entities.
        sure: those with a score above the threshold, and the share of ties.
        scores: their sum.
        doubt: the sum of 1 - score of the words called O.
    """

    found: float = 0
    sure: float = 0
    scores: float = 0
    doubt: float = 0
    words: int = 0

    def plus(self, other: Sums) -> Sums:
        return Sums(*map(add, self, other))


def count(sentences: TaggedSentences, constants: Constants) -> Sums:
    """Count what the estimate needs of sentences or documents with calibrated scores."""
    return Sums(
        found=len(sentences.confidences),
        sure=float(are_sure(sentences.confidences, constants).sum()),
        scores=float(sentences.confidences.sum()),
        doubt=_doubt(sentences),
        words=len(sentences.predicted),
    )


def are_sure(confidences: Doubles, constants: Constants) -> Doubles:
    """Whether each score is above the threshold, 1 or 0; of a tie, its share."""
    above, equal = _above(confidences, constants.threshold)
    return above + constants.ties * equal


Estimate = dict[str, dict[str, float]]
"""``{precision, recall, f1: {value, low, high}}``, with the ends of the 95 % interval."""


def estimate(sums: Sums, constants: Constants) -> Estimate:
    """Estimate the scores of texts; empty if no entity is found."""
    found = sums.found
    if not found:
        return {}
    by_threshold = _ratios(found, sums.sure, sums.doubt, constants)
    by_scores = _ratios(found, sums.scores, sums.doubt, constants)
    estimates = {}
    for name, value in by_threshold.items():
        # Plus two right and two wrong ones (Agresti and Coull, 1998): of few entities, all may be sure.
        share = (value * found + 2) / (found + 4)
        error = np.sqrt(share * (1 - share) * (1 / found + 1 / constants.entities))
        margin = abs(by_scores[name] - value) + Z * error
        ends = {"low": max(0.0, value - margin), "high": min(1.0, value + margin)}
        estimates[name] = {key: round(float(number), DIGITS) for key, number in {"value": value, **ends}.items()}
    return estimates


def expected_gold(found: float, correct: float, doubt: float, constants: Constants) -> float:
    """The number of gold entities, given the number of correct ones."""
    return correct + constants.touching * (found - correct) + constants.missed * doubt


def _ratios(found: float, correct: float, doubt: float, constants: Constants) -> dict[str, float]:
    gold = expected_gold(found, correct, doubt, constants)
    return {
        "precision": correct / found,
        "recall": correct / gold if gold else 0.0,
        "f1": 2 * correct / (found + gold),
    }


class Reference(NamedTuple):
    """What travels with a model to estimate the scores of other texts: constants of validation, the true F1 of test."""

    constants: Constants
    f1: float

    def to_json(self) -> dict[str, Any]:
        return {"constants": self.constants._asdict(), "f1": self.f1}

    @classmethod
    def parse(cls, content: Mapping[str, Any]) -> Reference:
        """Read what `to_json` wrote, in the block of `reading`.

        Raises:
            ValueError, KeyError, TypeError: it is malformed.
        """
        constants = Constants(**content["constants"])
        f1 = content["f1"]
        shares = (constants.threshold, constants.ties, constants.touching, f1)
        if not all(0 <= share <= 1 for share in shares) or not 0 <= constants.missed < np.inf or constants.entities < 1:
            raise ValueError(f"constants are {content['constants']!r}, F1 is {f1!r}")
        return cls(constants, f1)
