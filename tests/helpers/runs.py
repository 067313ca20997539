"""Runs to compare, and sentences without gold labels, built from label names."""

import numpy as np
from helpers.tagged import sentences

from tagline.comparison.runs import Run
from tagline.labels.tagged import TaggedSentence
from tagline.metrics.scores import count


def tagged(predicted, labels, scores=None):
    """Build a sentence without words from label names; every score is 1 unless given."""
    ids = np.array([labels.label2id[label] for label in predicted], dtype=np.int64)
    return TaggedSentence("s-0", (), labels, ids, np.array([1] * len(ids) if scores is None else scores, np.float32))


def split_of(rows, kind="spans"):
    """Build the sentences of a split from rows of id, words, gold and predicted labels, separated by spaces."""
    ids, words, gold, predicted = ([row[side] for row in rows] for side in range(4))
    return sentences(gold, predicted, kind, words, ids=ids)


def counts_of(gold, predicted, kind="spans"):
    """Count the entities of sentences."""
    return count(sentences(gold, predicted, kind), kind)


def run_of(name, rows, kind="spans", commit=None, **others):
    """Build a run with a test split, and other splits by name."""
    splits = {split: split_of(of_split, kind) for split, of_split in {**others, "test": rows}.items()}
    return Run(name, commit, kind, splits)
