"""Worst group: what is said of the lowest F1 that is measured."""

from collections.abc import Iterator

from tagline.core import reported_split
from tagline.evaluation.measurement import Metrics
from tagline.metrics.doubts import unit
from tagline.metrics.groups import FEW, worst_group


def notes(metrics: Metrics) -> Iterator[str]:
    """Say where F1 is lowest."""
    group = worst_group(metrics)
    if group:
        reported = reported_split(metrics)
        counted = unit(metrics[reported])
        yield (
            f"{reported}: of altered forms, slices and further test sets with at least {FEW} {counted}, F1 is lowest, "
            f"{group.f1:.3f}, in {group.name} ({group.number:,} {counted})"
        )
