"""Tables behind the pictures of `dvc plots`: written as CSV, drawn by DVC's templates."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from tagging.labels import Kind
from tagging.schemes import OUTSIDE, split_tag
from tagging.scoring import DIGITS


def write_confusion(gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]], kind: Kind, path: Path) -> None:
    """Write a row a word, ``gold,predicted``, for DVC's confusion template, which counts them.

    For ``spans`` a label is its type, and words that are outside in both are left out: they would drown the rest.
    """
    pairs = [pair for rows in zip(gold, predicted, strict=True) for pair in zip(*rows, strict=True)]
    if kind == "spans":
        pairs = [(split_tag(a)[1] or OUTSIDE, split_tag(b)[1] or OUTSIDE) for a, b in pairs]
        pairs = [pair for pair in pairs if pair != (OUTSIDE, OUTSIDE)]
    _write(pd.DataFrame(sorted(pairs), columns=["gold", "predicted"]), path)


def write_per_type(scores: dict[str, dict[str, Any]], intervals: dict[str, dict[str, Any]], path: Path) -> None:
    """Write a row a type, ``type,precision,recall,f1,low,high,number``: low and high are the ends of F1's interval."""
    columns = ["precision", "recall", "f1", "low", "high", "number"]
    rows = [
        {"type": name, **{column: (numbers | intervals[name]["f1"])[column] for column in columns}}
        for name, numbers in scores.items()
    ]
    _write(pd.DataFrame(rows, columns=["type", *columns]), path)


def write_reliability(bins: pd.DataFrame, path: Path) -> None:
    """Write what `calibration.reliability` returned: ``bin,confidence,accuracy,number``."""
    _write(bins.round({"confidence": DIGITS, "accuracy": DIGITS}), path)


def _write(table: pd.DataFrame, path: Path) -> None:
    table.to_csv(path, index=False, lineterminator="\n")
