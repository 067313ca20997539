"""Shared types: of which types the scores of a further test set are."""

from collections.abc import Iterator

from tagline.evaluation.measurement import Entries, Measurement, Metrics, by_split
from tagline.evaluation.scored_split import ScoredSplit
from tagline.terminal import printable


class SharedTypes(Measurement):
    """The types of a further test set, as tokenize-align compared them with those of the task."""

    def measure(self, split: ScoredSplit) -> Entries:
        return {"types": split.types} if split.types else {}


def notes(metrics: Metrics) -> Iterator[str]:
    """Say which types are left out of the scores of a further test set."""
    for split, types in by_split(metrics, "types").items():
        left_out = []
        for kind, where in (("foreign", "train"), ("lacking", split)):
            if types[kind]:
                left_out.append(f"{', '.join(types[kind])} (not in {where})")
        if left_out:
            yield printable(f"{split}: scored are {', '.join(types['shared'])}; left out: {', '.join(left_out)}")
