"""Counts: what each sentence adds to the scores, so that the scores of any choice of sentences are a matrix product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tagline.labels.entities import marked
from tagline.labels.label_list import Kind

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class Ratios(NamedTuple):
    """Precision, recall and F1, arrays of one shape; a ratio of nothing to nothing is 0."""

    precision: Floats
    recall: Floats
    f1: Floats


@dataclass(frozen=True)
class Totals:
    """Sums of counts over a choice of sentences, or over many choices at once, which are the leading dimensions.

    Attributes:
        kind: spans: entities are counted. tags: words are.
        right, predicted, gold: (..., types).
        words, right_words: (...).
    """

    kind: Kind
    right: Floats
    predicted: Floats
    gold: Floats
    words: Floats
    right_words: Floats

    def per_type(self) -> Ratios:
        """The scores of each type: (..., types)."""
        return ratios(self.right, self.predicted, self.gold)

    def overall(self) -> Ratios:
        """Spans: micro-averages over entities. Tags: means over the tags that occur in gold. As in `scoring`: (...)."""
        if self.kind == "spans":
            return ratios(self.right.sum(-1), self.predicted.sum(-1), self.gold.sum(-1))
        occurs = self.gold > 0
        return Ratios(*(_divide((each * occurs).sum(-1), occurs.sum(-1)) for each in self.per_type()))

    def accuracy(self) -> Floats:
        """The share of words with the right label: (...)."""
        return _divide(self.right_words, self.words)


@dataclass(frozen=True)
class Counts:
    """The counts of each sentence.

    Attributes:
        kind: what is counted.
        types: those of gold and of predictions, sorted.
        right, predicted, gold: int64 (sentences, types): entities, or words of each tag.
        words, right_words: int64 (sentences,).
    """

    kind: Kind
    types: tuple[str, ...]
    right: Ints
    predicted: Ints
    gold: Ints
    words: Ints
    right_words: Ints

    def total(self, weights: npt.ArrayLike | None = None) -> Totals:
        """Add up sentences, each as often as its weight says.

        Args:
            weights: (..., sentences), for instance of `resampling.weights`; None: each once.
        """
        each = (self.right, self.predicted, self.gold, self.words, self.right_words)
        if weights is None:
            return Totals(self.kind, *(counts.sum(0, dtype=np.float64) for counts in each))
        # As floats, whose products BLAS computes; sums of counts stay exact up to 2**53.
        matrix = np.asarray(weights, dtype=np.float64)
        return Totals(self.kind, *(matrix @ counts.astype(np.float64) for counts in each))


def count(gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]], kind: Kind) -> Counts:
    """Count sentence by sentence.

    Args:
        gold: label names, a list a sentence, one a word.
        predicted: the same shape.
        kind: how the labels are to be read.
    """
    words = np.array([len(row) for row in gold], dtype=np.int64)
    right_words = np.array(
        [sum(a == b for a, b in zip(*rows, strict=True)) for rows in zip(gold, predicted, strict=True)], dtype=np.int64
    )
    spans = [[marked(row, kind) for row in rows] for rows in (gold, predicted)]
    right = [set(a) & set(b) for a, b in zip(*spans, strict=True)]
    of_gold, of_predicted = ([[entity.type for entity in row] for row in rows] for rows in spans)
    of_right = [[entity.type for entity in row] for row in right]
    types = tuple(sorted({name for rows in (of_gold, of_predicted) for row in rows for name in row}))
    return Counts(
        kind,
        types,
        right=_table(of_right, types),
        predicted=_table(of_predicted, types),
        gold=_table(of_gold, types),
        words=words,
        right_words=right_words,
    )


def _table(rows: Sequence[Sequence[str]], types: tuple[str, ...]) -> Ints:
    """How often each row has each type."""
    places = {name: place for place, name in enumerate(types)}
    cells = [number * len(types) + places[name] for number, row in enumerate(rows) for name in row]
    counts = np.bincount(np.array(cells, dtype=np.int64), minlength=len(rows) * len(types))
    return counts.reshape(len(rows), len(types)).astype(np.int64)


def ratios(right: npt.ArrayLike, predicted: npt.ArrayLike, gold: npt.ArrayLike) -> Ratios:
    """Precision, recall and F1 of counts, element by element."""
    right, predicted, gold = (np.asarray(values, dtype=np.float64) for values in (right, predicted, gold))
    return Ratios(_divide(right, predicted), _divide(right, gold), _divide(2 * right, predicted + gold))


def _divide(part: npt.NDArray[Any], whole: npt.NDArray[Any]) -> Floats:
    part, whole = np.broadcast_arrays(np.asarray(part, np.float64), np.asarray(whole, np.float64))
    ratio: Floats = np.divide(part, whole, out=np.zeros(whole.shape), where=whole > 0)
    return ratio
