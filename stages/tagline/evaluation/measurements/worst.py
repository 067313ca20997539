"""Worst group: what is said of the lowest F1 that is measured."""

from collections.abc import Iterator

from tagline.core import reported_split
from tagline.evaluation.measurement import Metrics
from tagline.metrics.groups import FEW, worst_group


def notes(metrics: Metrics) -> Iterator[str]:
    """Say where F1 is lowest."""
    group = worst_group(metrics)
    if group:
        yield (
            f"{reported_split(metrics)}: of altered forms, slices and further test sets with at least {FEW} entities, "
            f"F1 is lowest, {group.f1:.3f}, in {group.name} ({group.number:,} entities)"
        )
