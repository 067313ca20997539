"""Shared types: of which types the scores of a further test set are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tagline.evaluation.measurement import Entries, Labelled, Measurement, Metrics, by_split
from tagline.evaluation.scored_split import ScoredSplit
from tagline.terminal.escaping import QUOTED, printable, shortened


class SharedTypes(Measurement):
    """Which types a further test set shares with the task, has in addition, and lacks; see `compare_types`."""

    def __init__(self) -> None:
        self.types: Mapping[str, Mapping[str, list[str]]] = {}

    def after_labels(self, labelled: Labelled) -> None:
        """Keep what was found."""
        self.types = labelled.inputs.types

    def measure(self, split: ScoredSplit) -> Entries:
        if split.name not in self.types:
            return {}
        return {"types": self.types[split.name]}


def notes(metrics: Metrics) -> Iterator[str]:
    """Say which types are left out of the scores of a further test set."""
    for split, types in by_split(metrics, "types").items():
        left_out = []
        for kind, where in (("foreign", "train"), ("lacking", split)):
            if types[kind]:
                left_out.append(f"{', '.join(types[kind])} (not in {where})")
        if left_out:
            yield printable(
                f"{split}: scored are the types that train has, too: {shortened(', '.join(types['shared']), QUOTED)}; "
                f"left out: {shortened(', '.join(left_out), QUOTED)}"
            )
