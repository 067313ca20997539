"""Counts per sentence, from which the scores of any weighted sentences are a matrix product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tagline.labels.label_list import Kind
from tagline.labels.tagged import TaggedSentence

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class Ratios(NamedTuple):
    """Precision, recall and F1, arrays of one shape; 0 divided by 0 is 0."""

    precision: Floats
    recall: Floats
    f1: Floats


@dataclass(frozen=True)
class Totals:
    """Sums of counts over weighted sentences; several weightings at once are the leading dimensions.

    Attributes:
        kind: spans: entities are counted; tags: words.
        correct, predicted, gold: (..., types).
        words, correct_words: (...).
    """

    kind: Kind
    correct: Floats
    predicted: Floats
    gold: Floats
    words: Floats
    correct_words: Floats

    def per_type(self) -> Ratios:
        """Score each type: (..., types)."""
        return ratios(self.correct, self.predicted, self.gold)

    def overall(self) -> Ratios:
        """Score all types together, (...): micro-averages for spans, means over the tags in gold for plain tags."""
        if self.kind == "spans":
            return ratios(self.correct.sum(-1), self.predicted.sum(-1), self.gold.sum(-1))
        occurs = self.gold > 0
        return Ratios(*(_divide((scores * occurs).sum(-1), occurs.sum(-1)) for scores in self.per_type()))

    def accuracy(self) -> Floats:
        """Compute the share of correctly labelled words: (...)."""
        return _divide(self.correct_words, self.words)


@dataclass(frozen=True)
class Counts:
    """Counts per sentence.

    Attributes:
        kind: what is counted.
        types: the types of gold and predicted entities, sorted.
        correct, predicted, gold: int64 (sentences, types): entities, or words of each tag.
        words, correct_words: int64 (sentences,).
    """

    kind: Kind
    types: tuple[str, ...]
    correct: Ints
    predicted: Ints
    gold: Ints
    words: Ints
    correct_words: Ints

    def total(self, weights: npt.ArrayLike | None = None) -> Totals:
        """Sum over sentences, each multiplied by its weight.

        Args:
            weights: (..., sentences), for instance from `resampling.weights`; None: 1 for each.
        """
        tables = (self.correct, self.predicted, self.gold, self.words, self.correct_words)
        if weights is None:
            return Totals(self.kind, *(counts.sum(0, dtype=np.float64) for counts in tables))
        # As floats, since BLAS multiplies those; sums of counts are exact up to 2**53.
        matrix = np.asarray(weights, dtype=np.float64)
        return Totals(self.kind, *(matrix @ counts.astype(np.float64) for counts in tables))


def count(sentences: Sequence[TaggedSentence], kind: Kind) -> Counts:
    """Count the gold, predicted and correct entities of each sentence; for plain tags, its words.

    Args:
        sentences: with gold labels.
        kind: how their labels are read.
    """
    of_gold = [[entity.type for entity in sentence.gold_entities] for sentence in sentences]
    of_predicted = [[entity.type for entity in sentence.predicted_entities] for sentence in sentences]
    of_correct = [
        [entity.type for entity in set(sentence.gold_entities).intersection(sentence.predicted_entities)]
        for sentence in sentences
    ]
    types = tuple(sorted({name for rows in (of_gold, of_predicted) for row in rows for name in row}))
    return Counts(
        kind,
        types,
        correct=_table(of_correct, types),
        predicted=_table(of_predicted, types),
        gold=_table(of_gold, types),
        words=np.array([len(sentence.predicted) for sentence in sentences], dtype=np.int64),
        correct_words=np.array([sentence.correct_words for sentence in sentences], dtype=np.int64),
    )


def _table(rows: Sequence[Sequence[str]], types: tuple[str, ...]) -> Ints:
    """Count each type in each row: int64 (rows, types)."""
    columns = {name: column for column, name in enumerate(types)}
    cells = [index * len(types) + columns[name] for index, row in enumerate(rows) for name in row]
    counts = np.bincount(np.array(cells, dtype=np.int64), minlength=len(rows) * len(types))
    return counts.reshape(len(rows), len(types)).astype(np.int64)


def ratios(correct: npt.ArrayLike, predicted: npt.ArrayLike, gold: npt.ArrayLike) -> Ratios:
    """Compute precision, recall and F1 from counts, element by element."""
    correct, predicted, gold = (np.asarray(values, dtype=np.float64) for values in (correct, predicted, gold))
    return Ratios(_divide(correct, predicted), _divide(correct, gold), _divide(2 * correct, predicted + gold))


def _divide(part: npt.NDArray[Any], whole: npt.NDArray[Any]) -> Floats:
    """Divide element by element; anything divided by 0 is 0."""
    part, whole = np.broadcast_arrays(np.asarray(part, np.float64), np.asarray(whole, np.float64))
    ratio: Floats = np.divide(part, whole, out=np.zeros(whole.shape), where=whole > 0)
    return ratio
