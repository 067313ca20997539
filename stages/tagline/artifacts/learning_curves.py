"""Learning curves: the CSV files that the stage train writes for `dvc plots`, read by later stages."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from tagline.core.errors import require
from tagline.core.reading import reading

Rows = list[dict[str, float]]


def read(path: Path, columns: Sequence[str]) -> Rows:
    """Read numeric columns of a CSV file with a header.

    Raises:
        UserError: the file is missing, lacks a column, or has a value that is not a number.
    """
    require(path, "train")
    with (
        reading(path, "train", expected=f"numbers as {','.join(columns)}"),
        path.open(encoding="utf-8", newline="") as file,
    ):
        return [{name: float(line[name]) for name in columns} for line in csv.DictReader(file)]
