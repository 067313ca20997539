"""Runs made by hand, to be compared."""

from __future__ import annotations

from tagline.comparison.runs import Rows, Run
from tagline.labels.label_list import Kind
from tagline.metrics.scores import score


def made(
    name: str, rows: list[tuple[str, str, str, str]], kind: Kind = "spans", commit: str | None = None, **splits: list
) -> Run:
    """A run whose test split, and other splits, have rows of (id, words, gold, predicted), each divided by spaces."""
    read = {split: columns(of_split) for split, of_split in {**splits, "test": rows}.items()}
    metrics = {split: score(each.gold, each.predicted, kind) for split, each in read.items()}
    return Run(name, commit, kind, read, metrics)


def columns(rows: list[tuple[str, str, str, str]]) -> Rows:
    ids = [name for name, *_ in rows]
    words, gold, predicted = ([row[place].split() for row in rows] for place in (1, 2, 3))
    return Rows(ids, words, gold, predicted)
