"""Shared types: which types of a test set train does not have, and which are left out of its scores."""

from collections.abc import Iterator

from tagline.evaluation.measurement import Entries, Measurement, Metrics, by_split
from tagline.evaluation.scored_split import ScoredSplit
from tagline.terminal import printable


class SharedTypes(Measurement):
    """The types of a test set, as tokenize-align compared them with those of the task."""

    def measure(self, split: ScoredSplit) -> Entries:
        return {"types": split.types} if split.types else {}


def notes(metrics: Metrics) -> Iterator[str]:
    """Say which types count as missed, and which are left out."""
    for split, types in by_split(metrics, "types").items():
        if types["foreign"]:
            yield printable(f"{split}: not in train, so that they count as missed: {', '.join(types['foreign'])}")
        if types["lacking"]:
            yield printable(f"{split}: left out, since it does not have them: {', '.join(types['lacking'])}")
