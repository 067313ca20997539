"""Runs to compare, and sentences without gold labels, built from label names."""

from collections.abc import Sequence

import numpy as np
from helpers.tagged import sentences

from tagline.comparison.runs import Run
from tagline.labels.label_list import Kind, Labels
from tagline.labels.tagged import TaggedSentence
from tagline.metrics.scores import Counts, count

Row = tuple[str, str, str, str]
"""The id, words, gold labels and predicted labels of a sentence; words and labels are separated by spaces."""


def tagged(predicted: Sequence[str], labels: Labels, scores: Sequence[float] | None = None) -> TaggedSentence:
    """Build a sentence without words from label names; every score is 1 unless given."""
    ids = np.array([labels.label2id[label] for label in predicted], dtype=np.int64)
    return TaggedSentence("s-0", (), labels, ids, np.array([1] * len(ids) if scores is None else scores, np.float32))


def split_of(rows: Sequence[Row], kind: Kind = "spans") -> list[TaggedSentence]:
    """Build the sentences of a split, whose label list has the labels that occur."""
    ids, words, gold, predicted = ([row[side] for row in rows] for side in range(4))
    return sentences(gold, predicted, kind, words, ids=ids)


def counts_of(gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]], kind: Kind = "spans") -> Counts:
    """Count the entities of sentences."""
    return count(sentences(gold, predicted, kind), kind)


def run_of(name: str, rows: Sequence[Row], kind: Kind = "spans", commit: str | None = None, **others: list[Row]) -> Run:
    """Build a run with a test split, and other splits by name."""
    splits = {split: split_of(of_split, kind) for split, of_split in {**others, "test": rows}.items()}
    return Run(name, commit, kind, splits)
