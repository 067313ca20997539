"""Scores for the model card: the Hub's ``model-index``, and the learning curve as a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from huggingface_hub import EvalResult

from tagline.core.outputs import Rows
from tagline.core.terminal import printable
from tagline.export.card.origins import TEST, Dataset

SCORES = {"precision": "Precision", "recall": "Recall", "f1": "F1", "accuracy": "Accuracy"}
# Maximum number of rows of the learning curve, and of characters of a bar.
EPOCHS, BAR = 20, 20


def model_index(metrics: Mapping[str, Any], task: str, dataset: Dataset) -> list[EvalResult]:
    """List the scores of the test split with their 95 % intervals: overall, and the F1 of each type.

    Args:
        metrics: reports/evaluate.json.
        task: the tag column that was learnt.
        dataset: the data set.
    """
    of_split = metrics[TEST]
    about: dict[str, Any] = {
        "task_type": "token-classification",
        "task_name": task,
        "dataset_type": dataset.name,
        "dataset_name": dataset.name,
        "dataset_config": dataset.config,
        "dataset_split": dataset.test,
        "dataset_revision": dataset.commit,
    }
    overall, ends = of_split["overall"], of_split["intervals"]["overall"]
    results = [(name, title, overall[name], ends[name]) for name, title in SCORES.items()]
    for name, scores in sorted(of_split["per_type"].items()):
        results.append(
            ("f1", f"F1 of {printable(name)}", scores["f1"], of_split["intervals"]["per_type"].get(name, {}).get("f1"))
        )
    return [
        EvalResult(metric_type=kind, metric_name=title, metric_value=value, metric_args=_confidence(interval), **about)
        for kind, title, value, interval in results
    ]


def _confidence(interval: Mapping[str, float] | None) -> dict[str, float] | None:
    return {"confidence": 0.95, **interval} if interval else None


def curve(epochs: Rows, best_epoch: int) -> list[tuple[int, float, float, str]]:
    """Lay out the learning curve as rows of a table; of many epochs a selection with the first, kept and last.

    Args:
        epochs: ``{epoch, f1, loss}`` each, by epoch.
        best_epoch: the epoch whose weights were kept.

    Returns:
        Per row: epoch, validation loss, validation F1, and F1 as a bar.
    """
    last, rows = len(epochs) - 1, min(len(epochs), EPOCHS)
    # 3 rows of 5 epochs are those with the indices 0, 2 and 4.
    indices = {round(row * last / max(1, rows - 1)) for row in range(rows)} | {best_epoch - 1}
    chosen = [epochs[index] for index in sorted(indices)]
    return [(int(row["epoch"]), row["loss"], row["f1"], "█" * round(BAR * row["f1"])) for row in chosen]
