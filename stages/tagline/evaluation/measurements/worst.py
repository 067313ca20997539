"""Worst group: what is said of the lowest F1 that is measured of test."""

from collections.abc import Iterator

from tagline.evaluation.measurement import Metrics
from tagline.evaluation.splits import TEST
from tagline.metrics.groups import FEW, worst_group


def notes(metrics: Metrics) -> Iterator[str]:
    """Say where F1 of test is lowest."""
    group = worst_group(metrics[TEST]) if TEST in metrics else None
    if group:
        yield (
            f"test: of altered forms and slices with at least {FEW} entities, F1 is lowest, {group.f1:.3f}, in "
            f"{group.name} ({group.number:,} entities)"
        )
