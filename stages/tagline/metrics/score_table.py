"""Score table: reports/evaluate.json laid out for a terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tabulate import tabulate

from tagline.core.outputs import read_json
from tagline.core.reading import reading

HEADERS = ("split", "type", "precision", "recall", "F1", "95 % of F1", "accuracy", "number")


def score_table(metrics: dict[str, Any]) -> str:
    """Lay out the scores of each split: one row per type, the overall row last."""
    rows = []
    for split, scores in metrics.items():
        intervals = scores["intervals"]
        types = [(name, numbers, intervals["per_type"][name]) for name, numbers in scores["per_type"].items()]
        for name, numbers, interval in [*types, ("overall", scores["overall"], intervals["overall"])]:
            ratios = [numbers["precision"], numbers["recall"], numbers["f1"]]
            f1_interval = "{low:.3f}-{high:.3f}".format(**interval["f1"])
            rows.append([split, name, *ratios, f1_interval, numbers.get("accuracy", ""), numbers["number"]])
    return tabulate(rows, HEADERS, tablefmt="simple", floatfmt=".3f")


def score_table_of(path: Path) -> str:
    """Lay out reports/evaluate.json.

    Raises:
        UserError: the file is missing, or another version of the project wrote it.
    """
    with reading(path, "evaluate", expected="scores as this version writes them"):
        return score_table(read_json(path, "evaluate"))
