"""Summary: the few numbers that people compare between commits, under names that DVC's tables show well.

The names are flat and unique across all metrics files. `dvc exp show` keeps their order, so the most important come
first; `dvc metrics diff` sorts them by name within a file, so that ``test.f1`` comes first there too (which is why
accuracy is called ``word_accuracy``). Everything else is in reports/.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from tagline.labels.label_list import Kind
from tagline.labels.schemes import OUTSIDE
from tagline.metrics.outcomes import NO_TYPE

# What a split of some hundred entities supports; more digits would differ between hosts of one precision.
DIGITS = 4


def summary(metrics: Mapping[str, Mapping[str, Any]], best_epoch: int) -> dict[str, float | int]:
    """Choose what goes to metrics/evaluate.json.

    Args:
        metrics: of validation and test, see `scored_split.metrics`.
        best_epoch: the epoch whose weights were evaluated.

    Returns:
        test.f1, validation.f1, train.best_epoch, then precision, recall, word_accuracy and loss of both splits, and
        the F1 of each type on test and that of greedy decoding.
    """
    scores = {
        split: metrics[split]["overall"]
        | {"word_accuracy": metrics[split]["overall"]["accuracy"], "loss": metrics[split]["loss"]}
        for split in ("test", "validation")
    }
    others = ("precision", "recall", "word_accuracy", "loss")
    per_type = {f"test.f1.{name}": numbers["f1"] for name, numbers in metrics["test"]["per_type"].items()}
    chosen = {
        **{f"{split}.f1": of_split["f1"] for split, of_split in scores.items()},
        "train.best_epoch": best_epoch,
        **{f"{split}.{name}": of_split[name] for split, of_split in scores.items() for name in others},
        **per_type,
        "test.f1_greedy": metrics["test"]["greedy"]["f1"],
    }
    return {name: round(value, DIGITS) for name, value in chosen.items()}


# Scores of single predictions, whose last digits differ between hosts of one precision.
CALIBRATION_DIGITS = 3


def write_confusion(counts: Mapping[tuple[str, str], int], kind: Kind, path: Path) -> None:
    """Write the number of words per pair of types, ``gold,predicted,number``, as `confusion.confusion` counts them."""
    names = {name: name for pair in counts for name in pair}
    if kind == "spans" and OUTSIDE in names:
        names[OUTSIDE] = f"{OUTSIDE} (type)"  # unlike words outside all entities
    names[NO_TYPE] = OUTSIDE
    rows = sorted((names[gold], names[predicted], number) for (gold, predicted), number in counts.items())
    _write(pd.DataFrame(rows, columns=["gold", "predicted", "number"]), path)


def write_per_type(scores: dict[str, dict[str, Any]], intervals: dict[str, dict[str, Any]], path: Path) -> None:
    """Write the scores of each type, ``type,precision,recall,f1,low,high,number``, with the interval of F1."""
    columns = ["type", "precision", "recall", "f1", "low", "high", "number"]
    rows = [{"type": name, **numbers, **intervals[name]["f1"]} for name, numbers in scores.items()]
    _write(pd.DataFrame(rows, columns=columns), path)


def write_reliability(bins: pd.DataFrame, path: Path) -> None:
    """Write the bins of `calibration.reliability`: ``bin,confidence,accuracy,number``."""
    _write(bins.round({"confidence": CALIBRATION_DIGITS, "accuracy": CALIBRATION_DIGITS}), path)


def _write(table: pd.DataFrame, path: Path) -> None:
    table.to_csv(path, index=False, lineterminator="\n")
