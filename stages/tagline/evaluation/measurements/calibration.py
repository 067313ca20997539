"""Calibration: scores are corrected with what validation shows of them, and their error is measured."""

from collections.abc import Iterator

from tagline.evaluation.measurement import Entries, Labelled, Measurement, Metrics
from tagline.evaluation.scored_split import ScoredSplit
from tagline.evaluation.splits import VALIDATION
from tagline.labels import NOT_CALIBRATED, flatten
from tagline.metrics.calibration import calibration, fit, not_fitted


class CalibratedScores(Measurement):
    """The calibration of scores, fitted to validation, and its error."""

    def __init__(self) -> None:
        self.calibration = NOT_CALIBRATED

    def after_labels(self, labelled: Labelled) -> None:
        validation = labelled.splits[VALIDATION]
        self.calibration = fit(flatten(validation.sentences))
        for name, split in labelled.splits.items():
            labelled.splits[name] = split.calibrated(self.calibration)
        labelled.settings = labelled.settings._replace(calibration=self.calibration)

    def measure(self, split: ScoredSplit) -> Entries:
        entry = calibration(split.reliability, split.uncalibrated)
        if split.name == VALIDATION and self.calibration.entities is None:
            entry["not_fitted"] = not_fitted(entry)
        return {"calibration": entry}


def notes(metrics: Metrics) -> Iterator[str]:
    """Say why scores are not calibrated."""
    entry = metrics.get(VALIDATION, {}).get("calibration", {})
    if "not_fitted" in entry:
        yield f"validation: scores are not calibrated; it has {entry['not_fitted']}"
