"""Calibration: scores are corrected with what validation shows of them, and their error is measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tagline.evaluation.measurement import VALIDATION, Measurement
from tagline.evaluation.scored_split import ScoredSplit
from tagline.labels.label_list import NOT_CALIBRATED
from tagline.labels.tagged import flatten
from tagline.metrics.calibration import calibration, fit, not_fitted

if TYPE_CHECKING:
    from tagline.evaluation.inputs import Inputs
    from tagline.model.prediction import Predictor


class CalibratedScores(Measurement):
    """The calibration of scores, fitted to validation, and its error."""

    def __init__(self) -> None:
        self.calibration = NOT_CALIBRATED

    def after_labels(
        self, splits: Mapping[str, ScoredSplit], inputs: Inputs, predictor: Predictor
    ) -> Mapping[str, ScoredSplit]:
        """Calibrate the scores."""
        self.calibration = fit(flatten(splits[VALIDATION].sentences))
        return {name: split.calibrated(self.calibration) for name, split in splits.items()}

    def measure(self, name: str, split: ScoredSplit) -> dict[str, Any]:
        entry = calibration(split.reliability, split.uncalibrated)
        if name == VALIDATION and self.calibration.entities is None:
            entry["not_fitted"] = not_fitted(entry)
        return {"calibration": entry}

    def settings(self) -> dict[str, Any]:
        return {"calibration": self.calibration}


def notes(metrics: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Say why scores are not calibrated, if they are not."""
    reason = metrics.get(VALIDATION, {}).get("calibration", {}).get("not_fitted")
    if reason:
        yield f"validation: scores are not calibrated; it has {reason}"
