"""Tagged sentences and runs built from label names."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from helpers.tagged import sentences

from tagline.labels.label_list import Kind, Labels
from tagline.labels.tagged import TaggedSentence
from tagline.metrics.counts import Counts, count
from tagline.metrics.scores import score
from tagline.tools.comparison.runs import Run

Names = Sequence[str]
Row = tuple[str, str, str, str]
"""The id, words, gold labels and predicted labels of a sentence; words and labels are separated by spaces."""


def tagged(
    predicted: Names,
    labels: Labels,
    gold: Names | None = None,
    words: Names = (),
    name: str = "s-0",
    scores: Sequence[float] | None = None,
) -> TaggedSentence:
    """Build a sentence from label names; every score is 1 unless given."""
    ids = labels.label2id
    return TaggedSentence(
        id=name,
        words=words,
        labels=labels,
        predicted=np.array([ids[label] for label in predicted], dtype=np.int64),
        scores=np.ones(len(predicted), np.float32) if scores is None else np.array(scores, np.float32),
        gold=None if gold is None else np.array([ids[label] for label in gold], dtype=np.int64),
    )


def split_of(rows: Sequence[Row], kind: Kind = "spans") -> list[TaggedSentence]:
    """Build the sentences of a split, whose label list has the labels that occur."""
    names, words, gold, predicted = ([row[side] for row in rows] for side in range(4))
    return sentences(gold, predicted, kind, words, ids=names)


def sentences_of(gold: Sequence[Names], predicted: Sequence[Names], kind: Kind = "spans") -> list[TaggedSentence]:
    """Build sentences from gold and predicted labels."""
    return sentences(gold, predicted, kind)


def counts_of(gold: Sequence[Names], predicted: Sequence[Names], kind: Kind = "spans") -> Counts:
    """Count the entities of such sentences."""
    return count(sentences(gold, predicted, kind), kind)


def labels_of(rows: Sequence[Names], kind: Kind) -> Labels:
    """List the labels that occur in some rows."""
    names = sorted({label for row in rows for label in row})
    return Labels("ner" if kind == "spans" else "pos", kind, tuple(names), names[0] if names else "")


def run_of(name: str, rows: Sequence[Row], kind: Kind = "spans", commit: str | None = None, **others: list[Row]) -> Run:
    """Build a run with a test split, and other splits by name."""
    splits = {split: split_of(of_split, kind) for split, of_split in {**others, "test": rows}.items()}
    metrics = {f"{split}.f1": score(count(each, kind))["overall"]["f1"] for split, each in splits.items()}
    return Run(name, commit, kind, splits, metrics)
