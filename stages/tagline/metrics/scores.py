"""Scores of word labels: precision, recall, F1 and accuracy, overall and per type.

They equal those of seqeval (spans) and scikit-learn (plain tags), and are computed from counts per sentence, so that a
resample's counts are weights @ counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from tagline.labels import Bools, Doubles, Kind, TaggedSentence, flatten

T = TypeVar("T")

# Enough to show any significant change, and few enough to hide rounding errors from diffs.
SCORE_DIGITS = 6
# Up to this number of types, products with full matrices take less time than with sparse ones: a quarter with 4 types.
DENSE = 16


class Ratios(NamedTuple):
    """Precision, recall and F1, arrays of one shape; 0 divided by 0 is 0."""

    precision: Doubles
    recall: Doubles
    f1: Doubles


@dataclass(frozen=True)
class Totals:
    """Sums of counts over weighted sentences; several weightings at once are the leading dimensions.

    Attributes:
        kind: spans: entities are counted; tags: words.
        correct, predicted, gold: (..., types).
        words, correct_words: (...).
    """

    kind: Kind
    types: tuple[str, ...]
    correct: Doubles
    predicted: Doubles
    gold: Doubles
    words: Doubles
    correct_words: Doubles

    def per_type(self) -> Ratios:
        """Score each type: (..., types)."""
        return ratios(self.correct, self.predicted, self.gold)

    def overall(self, split: Totals | None = None) -> Ratios:
        """Score all types together, (...): micro-averages for spans, means over the tags in gold for plain tags.

        Args:
            split: of all sentences, if these are a resample: means are over its tags, and one that the resample lacks
                has its score.
        """
        if self.kind == "spans":
            return ratios(self.correct.sum(-1), self.predicted.sum(-1), self.gold.sum(-1))
        split = split or self
        occurs = split.gold > 0
        means = []
        for scores, of_split in zip(self.per_type(), split.per_type(), strict=True):
            of_tags = np.where(self.gold > 0, scores, of_split) * occurs
            means.append(divide(of_tags.sum(-1), occurs.sum(-1)))
        return Ratios(*means)

    def scored(self, values: Iterable[T]) -> Iterator[tuple[str, T]]:
        """Yield the name and the value of each type; not of plain tags that are only predicted: they have no recall."""
        for name, value, number in zip(self.types, values, self.gold, strict=True):
            if self.kind == "spans" or number:
                yield name, value

    def accuracy(self) -> Doubles:
        """The share of correctly labelled words: (...)."""
        return divide(self.correct_words, self.words)


@dataclass(frozen=True)
class Counts:
    """Counts per sentence, as floats, whose sums are exact up to 2**53; sparse, since few types occur in a sentence.

    Attributes:
        types: of gold and predicted entities, sorted.
        correct, predicted, gold: (sentences, types), sparse: entities, or words of each tag.
        words, correct_words: (sentences,).
    """

    kind: Kind
    types: tuple[str, ...]
    correct: csr_array
    predicted: csr_array
    gold: csr_array
    words: Doubles
    correct_words: Doubles

    def total(self, weights: npt.ArrayLike | None = None) -> Totals:
        """Sum over sentences.

        Args:
            weights: (..., sentences), for instance from `resampling.weights`.
        """
        of_types = [self.correct, self.predicted, self.gold]
        of_words = [self.words, self.correct_words]
        if weights is None:
            return Totals(self.kind, self.types, *(counts.sum(0) for counts in of_types + of_words))
        matrix = np.asarray(weights, dtype=np.float64)
        if len(self.types) <= DENSE:
            of_types = [counts.toarray() for counts in of_types]
        return Totals(self.kind, self.types, *(matrix @ counts for counts in of_types + of_words))

    def of_sentences(self, is_in: Bools) -> Counts:
        """The counts of some sentences: bool (sentences,)."""
        columns = ("correct", "predicted", "gold", "words", "correct_words")
        return replace(self, **{name: getattr(self, name)[is_in] for name in columns})


def count(sentences: Sequence[TaggedSentence], kind: Kind) -> Counts:
    """Count the gold, predicted and correct entities of each sentence; for plain tags, its words."""
    flat = flatten(sentences)
    gold, predicted = flat.gold_entities, flat.predicted_entities
    occurring = np.union1d(gold.type, predicted.type)

    def table(types: npt.NDArray[Any], starts: npt.NDArray[Any]) -> csr_array:
        """Count each occurring type in each sentence: (sentences, types)."""
        cells = flat.sentences_of(starts), np.searchsorted(occurring, types)
        return csr_array((np.ones(len(starts)), cells), shape=(len(flat), len(occurring)))

    def words(is_counted: Bools) -> Doubles:
        return np.bincount(flat.sentences_of(np.flatnonzero(is_counted)), minlength=len(flat)).astype(np.float64)

    correct, _ = flat.correct
    return Counts(
        kind,
        tuple(gold.types[index] for index in occurring.tolist()),
        correct=table(gold.type[correct], gold.start[correct]),
        predicted=table(predicted.type, predicted.start),
        gold=table(gold.type, gold.start),
        words=np.diff(flat.offsets).astype(np.float64),
        correct_words=words(flat.predicted == flat.known_gold),
    )


def ratios(correct: npt.ArrayLike, predicted: npt.ArrayLike, gold: npt.ArrayLike) -> Ratios:
    """Compute precision, recall and F1 from counts of shapes that broadcast."""
    correct, predicted, gold = map(np.asarray, (correct, predicted, gold))
    return Ratios(divide(correct, predicted), divide(correct, gold), divide(2 * correct, predicted + gold))


def divide(part: npt.ArrayLike, whole: npt.ArrayLike) -> Doubles:
    """Divide element by element; anything divided by 0 is 0."""
    part, whole = np.broadcast_arrays(np.asarray(part, np.float64), np.asarray(whole, np.float64))
    return np.divide(part, whole, out=np.zeros(whole.shape), where=whole > 0)


def score(counts: Counts) -> dict[str, Any]:
    """Score predicted labels: entities as conlleval does (micro-average), plain tags as scikit-learn (macro-average).

    Returns:
        ``{"overall": {precision, recall, f1, accuracy, number}, "per_type": {TYPE: {precision, recall, f1, number}}}``;
        number is of gold entities, or words.
    """
    total = counts.total()
    rows = zip(*total.per_type(), total.gold, strict=True)
    return {
        "overall": scores_of(*total.overall(), total.gold.sum(), total.accuracy()),
        "per_type": {name: scores_of(*row) for name, row in total.scored(rows)},
    }


def scores_of(precision: Any, recall: Any, f1: Any, number: Any, accuracy: Any = None) -> dict[str, float | int]:
    """Return scores to six decimals, with the number of gold entities or words."""
    scores: dict[str, float | int] = {"precision": rounded(precision), "recall": rounded(recall), "f1": rounded(f1)}
    if accuracy is not None:
        scores["accuracy"] = rounded(accuracy)
    return {**scores, "number": int(number)}


def rounded(value: Any) -> float:
    return round(float(value), SCORE_DIGITS)
