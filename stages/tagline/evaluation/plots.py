"""Plots: the CSV files of the test split that DVC draws."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from tagline.labels import OUTSIDE, Kind
from tagline.metrics.columns import SCORES_OF_TYPES
from tagline.metrics.outcomes import NO_TYPE

# Of scores of single predictions, whose last digits differ between hosts of one precision.
CALIBRATION_DIGITS = 3


def write_confusion(counts: Mapping[tuple[str, str], int], kind: Kind, path: Path) -> None:
    """Write the number of words per pair of types: ``gold,predicted,number``."""
    names = {name: name for pair in counts for name in pair}
    if kind == "spans" and OUTSIDE in names:
        names[OUTSIDE] = f"{OUTSIDE} (type)"  # unlike words outside all entities
    names[NO_TYPE] = OUTSIDE
    rows = sorted((names[gold], names[predicted], number) for (gold, predicted), number in counts.items())
    _write(pd.DataFrame(rows, columns=["gold", "predicted", "number"]), path)


def write_per_type(scores: dict[str, dict[str, Any]], intervals: dict[str, dict[str, Any]], path: Path) -> None:
    """Write the scores of each type: ``type,precision,recall,f1,low,high,number``, with the interval of F1."""
    columns = ["type"]
    for score in SCORES_OF_TYPES:
        columns.append(score.key)
        if score.has_interval:
            columns += ["low", "high"]
    rows = [{"type": name, **numbers, **intervals[name]["f1"]} for name, numbers in scores.items()]
    _write(pd.DataFrame(rows, columns=[*columns, "number"]), path)


def write_reliability(bins: pd.DataFrame, uncalibrated: pd.DataFrame | None, path: Path) -> None:
    """Write the bins of `calibration.reliability`: ``bin,confidence,accuracy,number,scores``.

    Args:
        uncalibrated: before calibration, if scores are calibrated.
    """
    if uncalibrated is None:
        rows = bins.assign(scores="uncalibrated")
    else:
        rows = pd.concat([bins.assign(scores="calibrated"), uncalibrated.assign(scores="uncalibrated")])
    _write(rows.round({"confidence": CALIBRATION_DIGITS, "accuracy": CALIBRATION_DIGITS}), path)


def _write(table: pd.DataFrame, path: Path) -> None:
    table.to_csv(path, index=False, lineterminator="\n")
