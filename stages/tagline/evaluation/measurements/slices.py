"""Slices: scores of parts of a split, also by what the training split has of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tagline.evaluation.measurement import Measurement
from tagline.evaluation.scored_split import ScoredSplit
from tagline.metrics.slices import TrainingIndex, slices

if TYPE_CHECKING:
    from tagline.evaluation.inputs import Inputs
    from tagline.model.prediction import Predictor


class Slices(Measurement):
    """See `tagline.metrics.slices.slices`."""

    def __init__(self) -> None:
        self.training = TrainingIndex([], [], "spans")

    def after_labels(
        self, splits: Mapping[str, ScoredSplit], inputs: Inputs, predictor: Predictor
    ) -> Mapping[str, ScoredSplit]:
        """Index what the training split has of these splits."""
        words_and_labels = inputs.loaded["train"].labelled_words(inputs.labels)
        others = [split.sentences for split in splits.values()]
        self.training = TrainingIndex(words_and_labels, others, inputs.labels.kind)
        return splits

    def measure(self, name: str, split: ScoredSplit) -> dict[str, Any]:
        return {"slices": slices(split.sentences, split.counts, self.training)}
