"""Per-sentence counts; scores of any resample are weights @ counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from tagline.labels.label_list import Kind
from tagline.labels.tagged import TaggedSentence, flatten
from tagline.labels.windows import Doubles

T = TypeVar("T")

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
        types: their names.
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
            split: of all sentences, if these are a resample of them: the means are over the split's tags, and one that
                the resample lacks in gold has its score of the split.
        """
        if self.kind == "spans":
            return ratios(self.correct.sum(-1), self.predicted.sum(-1), self.gold.sum(-1))
        split = split or self
        occurs = split.gold > 0
        pairs = zip(self.per_type(), split.per_type(), strict=True)
        scores = (np.where(self.gold > 0, own, of_split) for own, of_split in pairs)
        return Ratios(*(divide((each * occurs).sum(-1), occurs.sum(-1)) for each in scores))

    def scored(self, values: Iterable[T]) -> Iterator[tuple[str, T]]:
        """Yield the name and the value of each type; not of a plain tag that is only predicted: it has no recall."""
        for name, value, number in zip(self.types, values, self.gold, strict=True):
            if self.kind == "spans" or number:
                yield name, value

    def accuracy(self) -> Doubles:
        """Compute the share of correctly labelled words: (...)."""
        return divide(self.correct_words, self.words)


@dataclass(frozen=True)
class Counts:
    """Counts per sentence, as floats, whose sums are exact up to 2**53; sparse, since few types occur in a sentence.

    Attributes:
        kind: what is counted.
        types: the types of gold and predicted entities, sorted.
        correct, predicted, gold: (sentences, types), sparse: entities, or words of each tag.
        words, correct_words: (sentences,); of words whose gold label is known.
    """

    kind: Kind
    types: tuple[str, ...]
    correct: csr_array
    predicted: csr_array
    gold: csr_array
    words: Doubles
    correct_words: Doubles

    def total(self, weights: npt.ArrayLike | None = None) -> Totals:
        """Sum over sentences, each multiplied by its weight.

        Args:
            weights: (..., sentences), for instance from `resampling.weights`; None: 1 for each.
        """
        of_types, of_words = (self.correct, self.predicted, self.gold), (self.words, self.correct_words)
        if weights is None:
            return Totals(self.kind, self.types, *(counts.sum(0) for counts in (*of_types, *of_words)))
        matrix = np.asarray(weights, dtype=np.float64)
        dense = (counts.toarray() if len(self.types) <= DENSE else counts for counts in of_types)
        return Totals(self.kind, self.types, *(matrix @ counts for counts in (*dense, *of_words)))

    def of_sentences(self, chosen: npt.NDArray[np.bool_]) -> Counts:
        """The counts of some sentences: bool (sentences,)."""
        columns = ("correct", "predicted", "gold", "words", "correct_words")
        return replace(self, **{name: getattr(self, name)[chosen] for name in columns})


def count(sentences: Sequence[TaggedSentence], kind: Kind) -> Counts:
    """Count the gold, predicted and correct entities of each sentence; for plain tags, its words.

    Args:
        sentences: with gold labels.
        kind: how their labels are read.
    """
    flat = flatten(sentences)
    gold, predicted = flat.gold_entities, flat.predicted_entities
    occurring = np.union1d(gold.type, predicted.type)

    def table(types: npt.NDArray[Any], starts: npt.NDArray[Any]) -> csr_array:
        """Count each occurring type in each sentence: (sentences, types)."""
        cells = flat.sentences_of(starts), np.searchsorted(occurring, types)
        return csr_array((np.ones(len(starts)), cells), shape=(len(flat), len(occurring)))

    correct, _ = flat.correct
    correct_words = np.flatnonzero(flat.predicted == flat.known_gold)
    return Counts(
        kind,
        tuple(gold.types[index] for index in occurring.tolist()),
        correct=table(gold.type[correct], gold.start[correct]),
        predicted=table(predicted.type, predicted.start),
        gold=table(gold.type, gold.start),
        words=np.bincount(flat.sentences_of(np.flatnonzero(flat.is_known)), minlength=len(flat)).astype(np.float64),
        correct_words=np.bincount(flat.sentences_of(correct_words), minlength=len(flat)).astype(np.float64),
    )


def ratios(correct: npt.ArrayLike, predicted: npt.ArrayLike, gold: npt.ArrayLike) -> Ratios:
    """Compute precision, recall and F1 from counts of one shape, or of shapes that broadcast, element by element."""
    correct, predicted, gold = map(np.asarray, (correct, predicted, gold))
    return Ratios(divide(correct, predicted), divide(correct, gold), divide(2 * correct, predicted + gold))


def divide(part: npt.ArrayLike, whole: npt.ArrayLike) -> Doubles:
    """Divide element by element; anything divided by 0 is 0."""
    part, whole = np.broadcast_arrays(np.asarray(part, np.float64), np.asarray(whole, np.float64))
    ratio: Doubles = np.divide(part, whole, out=np.zeros(whole.shape), where=whole > 0)
    return ratio
