"""Annotated types: how many sentences are annotated for some types only, and which were left out."""

from collections.abc import Iterator

from tagline.evaluation.measurement import Entries, Measurement, Metrics, by_split
from tagline.evaluation.scored_split import ScoredSplit
from tagline.terminal import printable


class AnnotatedTypes(Measurement):
    """The number of sentences that are annotated for some types only."""

    def measure(self, split: ScoredSplit) -> Entries:
        return {"annotated_in_part": split.in_part} if split.in_part else {}


def notes(metrics: Metrics) -> Iterator[str]:
    """Say how many sentences of each split are annotated for some types only."""
    for split, number in by_split(metrics, "annotated_in_part").items():
        yield (
            f"{printable(split)}: {number:,} of {metrics[split]['sentences']:,} sentences are annotated for some types "
            "only; there, predictions of other types are O"
        )
