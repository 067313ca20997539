"""Counts of each run as one matrix with the same columns for all runs, so that their scores can be subtracted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tagline.labels.arrays import Doubles
from tagline.labels.label_list import Kind
from tagline.metrics.counts import Counts, Totals

OVERALL = ("f1", "precision", "recall", "accuracy")


@dataclass(frozen=True)
class CountMatrix:
    """The counts of one run.

    Attributes:
        kind: what is counted.
        types: of all compared runs.
        counts: (sentences, 3 * types + 2). For types A and B the columns are correct A, correct B, predicted A,
            predicted B, gold A, gold B, words, correct words.
    """

    kind: Kind
    types: tuple[str, ...]
    counts: Doubles

    def scores(self, sums: Doubles) -> Doubles:
        """Compute scores from sums over sentences, or over a resample of them.

        Args:
            sums: (..., 3 * types + 2), sums of rows of `counts`.

        Returns:
            (..., 4 + types): the `OVERALL` scores, then each type's F1.
        """
        totals = self._totals(sums)
        overall = totals.overall(self._totals(self.counts.sum(axis=0)))
        first = np.stack([overall.f1, overall.precision, overall.recall, totals.accuracy()], axis=-1)
        return np.concatenate([first, totals.per_type().f1], axis=-1)

    def _totals(self, sums: Doubles) -> Totals:
        correct, predicted, gold, words, correct_words = np.split(sums, np.cumsum([len(self.types)] * 3 + [1]), axis=-1)
        return Totals(self.kind, correct, predicted, gold, words[..., 0], correct_words[..., 0])

    def total(self) -> Doubles:
        """Compute the scores of all sentences."""
        return self.scores(self.counts.sum(axis=0))


def count_matrices(runs: Sequence[Counts]) -> list[CountMatrix]:
    """Convert the counts of runs to matrices with the same columns."""
    types = tuple(sorted({name for counts in runs for name in counts.types}))
    return [CountMatrix(counts.kind, types, _matrix(counts, types)) for counts in runs]


def _matrix(counts: Counts, types: tuple[str, ...]) -> Doubles:
    matrix = np.zeros((len(counts.words), 3 * len(types) + 2))
    columns = np.array([types.index(name) for name in counts.types], dtype=np.intp)
    for block, part in enumerate((counts.correct, counts.predicted, counts.gold)):
        matrix[:, block * len(types) + columns] = part.toarray()
    matrix[:, -2], matrix[:, -1] = counts.words, counts.correct_words
    return matrix
