"""Slices: scores of parts of a split, also by what the training split has of it."""

from tagline.evaluation.measurement import Entries, Labelled, Measurement
from tagline.evaluation.scored_split import ScoredSplit
from tagline.labels import flatten
from tagline.metrics.slices import TrainingIndex, slices


class Slices(Measurement):
    """See `tagline.metrics.slices.slices`."""

    def __init__(self) -> None:
        self.training = TrainingIndex([], [], "spans")

    def after_labels(self, labelled: Labelled) -> None:
        train = labelled.inputs.loaded["train"]
        others = [split.sentences for split in labelled.splits.values()]
        self.training = TrainingIndex(train.labelled_words(), others, labelled.inputs.labels.kind)

    def measure(self, split: ScoredSplit) -> Entries:
        return {
            "slices": slices(split.sentences, split.counts, self.training),
            "sentences_in_train": sum(map(self.training.contains, flatten(split.sentences).words or ())),
        }
