"""Measurement: a part of an evaluation, with a file in measurements/."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tagline.labels import NO_BIASES, Biases

if TYPE_CHECKING:  # these take seconds to import, for which the table of scores does not wait
    from tagline.artifacts.predictions import Settings
    from tagline.evaluation.inputs import EvaluationInputs
    from tagline.evaluation.scored_split import ScoredSplit
    from tagline.model.prediction import Predictor

Entries = dict[str, Any]
"""What is measured of a split, in reports/evaluate.json."""
Metrics = Mapping[str, Entries]
"""The entries of each split."""


@dataclass
class Labelled:
    """The labelled splits.

    Attributes:
        splits: by name; a measurement may replace them for later ones.
        settings: how they were labelled, completed by measurements for later stages.
    """

    inputs: EvaluationInputs
    predictor: Predictor
    splits: dict[str, ScoredSplit]
    settings: Settings


class Measurement:
    """What is measured of each split; by default, each step does nothing.

    The stage runs each step of all measurements before the next: `choose_biases`, `after_labels`, `measure`.
    """

    def choose_biases(self, inputs: EvaluationInputs, predictor: Predictor) -> Biases:
        """Choose what is added to the scores of some types before words are labelled."""
        return NO_BIASES

    def after_labels(self, labelled: Labelled) -> None:
        """Prepare to measure the splits, or change them and the settings."""

    def measure(self, split: ScoredSplit) -> Entries:
        """Compute the entries of a split: numbers and dictionaries, never NaN."""
        return {}


def by_split(metrics: Metrics, key: str, splits: Iterable[str] | None = None) -> dict[str, Any]:
    """Choose one entry of each split that has it."""
    return {split: metrics[split][key] for split in splits or metrics if key in metrics.get(split, {})}
