"""Evaluations made up for tests of the report: sentences as text, with the real metrics of them."""

from __future__ import annotations

import numpy as np

from tagline.labels.label_list import Kind, Labels
from tagline.metrics.evaluation import ScoredSplit, metrics
from tagline.metrics.params import Bootstrap
from tagline.metrics.training_index import TrainingIndex
from tagline.report.outcomes import Row
from tagline.report.page import Evaluation


def row(text: str, gold: str, predicted: str, score: float = 0.5, name: str = "s-0") -> Row:
    """A sentence, words and labels divided by spaces, every word with the same score."""
    words = text.split(" ")
    row = Row(name, words, gold.split(), predicted.split(), np.full(len(words), score, dtype=np.float32))
    assert len(row.words) == len(row.gold) == len(row.predicted)
    return row


def evaluation(test: list[Row], validation: list[Row] | None = None, kind: Kind = "spans") -> Evaluation:
    """What the page is made of, with two curves of a short training."""
    rows = {"validation": test[:1] if validation is None else validation, "test": test}
    splits = {
        name: ScoredSplit(
            kind,
            ids=[row.id for row in split],
            words=[list(row.words) for row in split],
            gold=[list(row.gold) for row in split],
            predicted=[list(row.predicted) for row in split],
            scores=[row.score for row in split],
            unseen=0,
        )
        for name, split in rows.items()
    }
    names = sorted({tag for split in rows.values() for row in split for tag in (*row.gold, *row.predicted)})
    return Evaluation(
        labels=Labels("ner" if kind == "spans" else "pos", kind, tuple(names), names[0]),
        rows=rows,
        metrics={
            name: metrics(split, TrainingIndex([], kind), Bootstrap(resamples=100, seed=0))
            for name, split in splits.items()
        },
        losses=[{"step": 1.0, "loss": 2.0}, {"step": 2.0, "loss": 1.5}],
        epochs=[{"epoch": 1.0, "f1": 0.25, "loss": 0.9}, {"epoch": 2.0, "f1": 0.5, "loss": 0.7}],
        bins=splits["test"].reliability(),
    )
