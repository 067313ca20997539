"""Learning curves: the CSV files that the stage train writes for `dvc plots`, read by later stages."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from pathlib import Path

from tagline.core.errors import UserError, require

Rows = list[dict[str, float]]


def read(path: Path, columns: Sequence[str]) -> Rows:
    """Read numeric columns of a CSV file with a header.

    Raises:
        UserError: the file is missing, lacks a column, or has a value that is not a finite number.
    """
    require(path, "train")
    with path.open(encoding="utf-8", newline="") as file:
        lines = csv.DictReader(file)
        try:
            rows = [{name: float(line[name]) for name in columns} for line in lines]
        except (KeyError, TypeError, ValueError):
            rows = [{"": math.nan}]
    if not all(math.isfinite(value) for row in rows for value in row.values()):
        raise UserError(f"{path}: damaged; expected numbers as {','.join(columns)}; run `dvc repro train` again")
    return rows
