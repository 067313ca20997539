"""Learning curves: what the stage train wrote for `dvc plots`, read and drawn once more."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from pathlib import Path

from tagging.faults import Fault, require
from tagging.report.charts import Chart, curve

# The columns that are drawn.
LOSSES = ("step", "loss")
EPOCHS = ("epoch", "f1", "loss")

Rows = list[dict[str, float]]


def read(path: Path, columns: Sequence[str]) -> Rows:
    """Read columns of numbers of a CSV file with a header.

    Raises:
        Fault: the file is missing, lacks a column, or holds something that is no finite number.
    """
    require(path, "train")
    with path.open(encoding="utf-8", newline="") as file:
        lines = csv.DictReader(file)
        try:
            rows = [{name: float(line[name]) for name in columns} for line in lines]
        except (KeyError, TypeError, ValueError):
            rows = [{"": math.nan}]
    if not all(math.isfinite(value) for row in rows for value in row.values()):
        raise Fault(f"{path} is damaged (expected numbers as {','.join(columns)}): run `dvc repro train` again")
    return rows


def drawn(losses: Rows, epochs: Rows) -> list[Chart]:
    """A picture a curve.

    Args:
        losses: rows of LOSSES, by step; may be empty where training took few steps.
        epochs: rows of EPOCHS, by epoch.
    """
    made = [curve("Training loss", "Step", [(row["step"], row["loss"]) for row in losses])] if losses else []
    if epochs:
        f1 = [row["f1"] for row in epochs]
        made.append(curve("Validation loss", "Epoch", [(row["epoch"], row["loss"]) for row in epochs]))
        # The first of equals, as in training.
        points = [(row["epoch"], row["f1"]) for row in epochs]
        made.append(curve("Validation F1", "Epoch", points, best=f1.index(max(f1))))
    return made
