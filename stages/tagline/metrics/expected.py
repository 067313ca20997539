"""Expected scores: precision, recall and F1 of texts without gold labels, from the model's calibrated scores.

Of N entities that the model finds, A have a score above a threshold, and A is the expected number of correct ones. The
threshold is the score above which validation has as many entities as are correct there (average thresholded confidence,
ATC: Garg et al., 2022); of entities with this very score, a share counts.

The expected number of gold entities is A + w (N - A) + c O: a share w of wrong entities touches a gold one, and others
are missed among the words called O, of which O, the sum of 1 - score, are expected to be wrong. All constants are
validation's. F1 is 2 A / (N + that number).

The sum of the scores, in place of A, is the expected number if scores stay calibrated. ATC is lower where a text makes
the model less sure. How far both are apart shows how little is known, and widens the interval.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import add
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tagline.labels.entities import EntityArrays, is_outside
from tagline.labels.tagged import TaggedSentences
from tagline.labels.windows import NO_WORD, AnyInts, Bools, Doubles, Ints, Windows

# The fewest entities of validation from which constants are computed, right and wrong ones together.
LEAST = 50
# A sub-word that training has seen less often is rare.
RARE = 5
# Bins of the histogram of scores.
BINS = 10
# Scores this near to the threshold are equal to it, so that rounding on another kind of host does not move them.
NEAR = 1e-4
# Standard errors on each side of a 95 % interval.
Z = 1.96
DIGITS = 6

Familiarity = npt.NDArray[np.uint8]
"""By vocabulary id: 0, a sub-word that training has never seen; 1, a rare one; 2, any other."""
UNKNOWN, SEEN_RARELY, COMMON = range(3)


class Constants(NamedTuple):
    """What validation says of scores.

    Attributes:
        threshold: the score above which as many entities of validation are as are correct.
        ties: the share that counts as above it of the entities that have this score.
        touching: share of its wrong entities that touch a gold one.
        missed: its gold entities that no predicted one touches, per expected wrong word among those called O.
        entities: the number of its predicted entities.
    """

    threshold: float
    ties: float
    touching: float
    missed: float
    entities: int


def fit(validation: TaggedSentences) -> Constants | None:
    """Compute the constants.

    Args:
        validation: with gold labels and calibrated scores, of which fully annotated sentences are read.

    Returns:
        None for fewer than `LEAST` entities, if all are right or none is, or if no word is called O.
    """
    validation = validation.fully_annotated()
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


def not_fitted(validation: TaggedSentences) -> str:
    """Say why there are no constants."""
    known = validation.fully_annotated()
    right = known.correct[1]
    return (
        f"{len(known):,} of {len(validation):,} sentences are annotated in full, with {len(right):,} predictions, "
        f"{right.sum():,} of them right; expected at least {LEAST}, right and wrong ones"
    )


def _above(scores: Doubles, threshold: float) -> tuple[Bools, Bools]:
    """Whether each score is above the threshold, and whether it is equal to it."""
    above = scores - threshold
    return above > NEAR, np.abs(above) <= NEAR


def _touches(entities: EntityArrays, others: EntityArrays, words: int) -> Bools:
    """Whether each entity has a word that one of the others has too, bool (entities,)."""
    steps = np.zeros(words + 1, np.int64)
    steps[others.start] += 1
    steps[others.end] -= 1
    words_before = np.concatenate([[0], np.cumsum(np.cumsum(steps))])  # the number of words in others before each word
    touches: Bools = words_before[entities.end] > words_before[entities.start]
    return touches


def _doubt(sentences: TaggedSentences) -> float:
    """The expected number of wrong words among those called O; words without sub-words have no score."""
    outside = is_outside(sentences.predicted, sentences.labels) & (sentences.scores > 0)
    return float((1 - sentences.scores[outside].astype(np.float64)).sum())


def familiarity(subwords: Iterable[AnyInts], unknown: int) -> Familiarity:
    """Sort the vocabulary by how often training has seen each sub-word.

    Args:
        subwords: vocabulary ids of the training windows, in parts.
        unknown: the id of the sub-word that stands for what the vocabulary lacks, which is always unknown.
    """
    counts = np.zeros(0, np.int64)
    for ids in subwords:
        of_part = np.bincount(ids, minlength=len(counts))
        of_part[: len(counts)] += counts
        counts = of_part
    if 0 <= unknown < len(counts):
        counts[unknown] = 0
    levels = np.where(counts >= RARE, COMMON, np.where(counts > 0, SEEN_RARELY, UNKNOWN))
    return levels.astype(np.uint8)


class Sums(NamedTuple):
    """What is counted of labelled texts, for the estimate and to compare them with test; sums of texts add up.

    Attributes:
        found: float64 (types,), entities.
        sure: float64 (types,), those with a score above the threshold, and the share of ties.
        scores: float64 (types,), the sum of their scores.
        histogram: float64 (BINS,), entities by score.
        doubt: the sum of 1 - score of the words called O.
        words, capitalized, uppercase: words, those that begin with a capital, and those of several capitals.
        subwords, unknown, rare: sub-words, those that training has never seen, and those that it has seen rarely.
    """

    found: Doubles
    sure: Doubles
    scores: Doubles
    histogram: Doubles
    doubt: float = 0
    words: int = 0
    capitalized: int = 0
    uppercase: int = 0
    subwords: int = 0
    unknown: int = 0
    rare: int = 0

    @classmethod
    def none(cls, types: int) -> Sums:
        """The sums of no text."""
        return cls(np.zeros(types), np.zeros(types), np.zeros(types), np.zeros(BINS))

    def plus(self, other: Sums) -> Sums:
        return Sums(*map(add, self, other))


def count(sentences: TaggedSentences, windows: Windows, constants: Constants, familiar: Familiarity) -> Sums:
    """Count what is estimated and compared, of sentences or documents without gold labels, with calibrated scores."""
    entities = sentences.predicted_entities
    confidences = sentences.confidences
    types = len(entities.types)
    bins = np.minimum((confidences * BINS).astype(np.int64), BINS - 1)
    capitalized = uppercase = 0
    for words in sentences.words or ():
        capitalized += sum(word[:1].isupper() for word in words)
        uppercase += sum(len(word) > 1 and word.isupper() for word in words)
    above, equal = _above(confidences, constants.threshold)
    levels = _levels(windows, familiar)
    return Sums(
        found=_by_type(entities.type, types),
        sure=_by_type(entities.type, types, above + constants.ties * equal),
        scores=_by_type(entities.type, types, confidences),
        histogram=_by_type(bins, BINS),
        doubt=_doubt(sentences),
        words=len(sentences.predicted),
        capitalized=capitalized,
        uppercase=uppercase,
        subwords=int(levels.sum()),
        unknown=int(levels[UNKNOWN]),
        rare=int(levels[SEEN_RARELY]),
    )


def _by_type(types: AnyInts, number: int, weights: Doubles | None = None) -> Doubles:
    return np.bincount(types, weights, minlength=number).astype(np.float64)


def _levels(windows: Windows, familiar: Familiarity) -> Ints:
    """The number of sub-words of words, not of special tokens and context, of each level of familiarity."""
    levels = np.zeros(3, np.int64)
    for ids, words in zip(windows.input_ids, windows.word_ids, strict=True):
        of_words = ids[words != NO_WORD]
        in_list = of_words[of_words < len(familiar)]
        levels += np.bincount(familiar[in_list], minlength=3)
        levels[UNKNOWN] += len(of_words) - len(in_list)
    return levels


Estimate = dict[str, dict[str, float]]
"""``{precision, recall, f1: {value, low, high}}``, with the ends of the 95 % interval."""


def estimate(sums: Sums, constants: Constants, types: Iterable[str]) -> dict[str, Any]:
    """Estimate the scores of texts.

    Args:
        sums: of the texts.
        constants: of validation.
        types: the names of the types, in the order of the sums.

    Returns:
        ``{"overall": estimate, "per_type": {TYPE: estimate}}``, without types of which no entity is found; empty if
        none is found at all.
    """
    number = sums.found.sum()
    if not number:
        return {}
    per_type = {}
    for name, found, sure, scores in zip(types, sums.found, sums.sure, sums.scores, strict=True):
        if found:
            # Which type a missed entity has is not known: each gets its share.
            per_type[name] = _estimate(found, sure, scores, sums.doubt * found / number, constants)
    overall = _estimate(number, sums.sure.sum(), sums.scores.sum(), sums.doubt, constants)
    return {"overall": overall, "per_type": per_type}


def _estimate(found: float, sure: float, scores: float, doubt: float, constants: Constants) -> Estimate:
    by_threshold = _ratios(found, sure, doubt, constants)
    by_scores = _ratios(found, scores, doubt, constants)
    estimates = {}
    for name, value in by_threshold.items():
        # Plus two right and two wrong ones (Agresti and Coull, 1998): of few entities, all may be sure.
        share = (value * found + 2) / (found + 4)
        error = np.sqrt(share * (1 - share) * (1 / found + 1 / constants.entities))
        margin = abs(by_scores[name] - value) + Z * error
        ends = {"low": max(0.0, value - margin), "high": min(1.0, value + margin)}
        estimates[name] = {key: round(float(number), DIGITS) for key, number in {"value": value, **ends}.items()}
    return estimates


def _ratios(found: float, correct: float, doubt: float, constants: Constants) -> dict[str, float]:
    gold = correct + constants.touching * (found - correct) + constants.missed * doubt
    return {
        "precision": correct / found,
        "recall": correct / gold if gold else 0.0,
        "f1": 2 * correct / (found + gold),
    }


def traits(sums: Sums) -> dict[str, float]:
    """Describe texts by numbers that do not depend on their length; without those of entities or words they lack."""
    numbers = {}
    entities = sums.found.sum()
    if sums.words:
        numbers["entities_per_100_words"] = 100 * entities / sums.words
    if entities:
        numbers["mean_score"] = sums.scores.sum() / entities
    if sums.subwords:
        numbers["unknown_subwords"] = sums.unknown / sums.subwords
        numbers["rare_subwords"] = sums.rare / sums.subwords
    if sums.words:
        numbers["capitalized_words"] = sums.capitalized / sums.words
        numbers["uppercase_words"] = sums.uppercase / sums.words
    return {name: round(float(number), DIGITS) for name, number in numbers.items()}


def stability_index(histogram: Doubles, other: Doubles) -> float:
    """The population stability index of two histograms, with half an entity more in each bin."""
    shares, others = ((counts + 0.5) / (counts + 0.5).sum() for counts in (histogram, other))
    return round(float(((shares - others) * np.log(shares / others)).sum()), DIGITS)


@dataclass(frozen=True)
class Reference:
    """What travels with a model to estimate the scores of other texts, and to compare them with test.

    Attributes:
        constants: of validation.
        f1: the true F1 of test.
        traits, histogram: of test, see `traits` and `Sums`.
        familiar: of the training split.
    """

    constants: Constants
    f1: float
    traits: Mapping[str, float]
    histogram: Doubles
    familiar: Familiarity

    def to_json(self) -> dict[str, Any]:
        """The entry ``reference``; the vocabulary has two bits per id, in base64."""
        bits = np.unpackbits(self.familiar[:, None], axis=1, count=2, bitorder="little")
        return {
            "constants": self.constants._asdict(),
            "f1": self.f1,
            "traits": dict(self.traits),
            "histogram": self.histogram.tolist(),
            "vocabulary": base64.b64encode(np.packbits(bits).tobytes()).decode(),
        }

    @classmethod
    def parse(cls, content: Mapping[str, Any]) -> Reference:
        """Read what `to_json` wrote, in the block of `reading`.

        Raises:
            ValueError, KeyError, TypeError: it is malformed.
        """
        packed = np.frombuffer(base64.b64decode(content["vocabulary"], validate=True), np.uint8)
        bits = np.unpackbits(packed).reshape(-1, 2)
        constants = Constants(**content["constants"])
        histogram = np.array(content["histogram"], np.float64)
        # Of numbers only: an array would read others, such as "0.5", as one.
        total = math.fsum([*constants, content["f1"], *content["traits"].values(), *content["histogram"]])
        if histogram.shape != (BINS,) or not math.isfinite(total) or constants.entities < 1:
            raise ValueError(f"constants are {content['constants']!r}, the histogram is {content['histogram']!r}")
        levels = np.packbits(bits, axis=1, bitorder="little")[:, 0]
        return cls(constants, content["f1"], content["traits"], histogram, levels)
