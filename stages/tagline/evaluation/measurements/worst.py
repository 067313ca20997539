"""Worst group: what is said of the lowest F1 that is measured."""

from collections.abc import Iterator

from tagline.evaluation.measurement import Metrics
from tagline.metrics.groups import FEW, worst_group


def notes(metrics: Metrics) -> Iterator[str]:
    """Say where F1 is lowest."""
    group = worst_group(metrics)
    if group:
        yield (
            f"test: of altered forms, slices and further test sets with at least {FEW} entities, F1 is lowest, "
            f"{group.f1:.3f}, in {group.name} ({group.number:,} entities)"
        )
