"""Summary: the few numbers that people compare between commits, under names that DVC's tables show well.

The names are flat and unique across all metrics files. `dvc exp show` keeps their order, so the most important come
first; `dvc metrics diff` sorts them by name within a file, so that ``test.f1`` comes first there too (which is why
accuracy is called ``word_accuracy``). Everything else is in reports/.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
