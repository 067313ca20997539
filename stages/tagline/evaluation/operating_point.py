"""Operating point: the recall or precision that types should reach on validation, and what splits reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tagline.core.errors import UserError
from tagline.evaluation.evaluate_params import Bootstrap, Measure, OperatingPoint
from tagline.labels.label_list import Labels
from tagline.metrics.counts import Counts
from tagline.metrics.resampling import interval, weights
from tagline.metrics.scores import DIGITS


class Goal(NamedTuple):
    """What a type should reach on validation."""

    type: str
    measure: Measure
    value: float


class Found(NamedTuple):
    """The bias of a type with a target.

    Attributes:
        bias: 0 if no bias reaches the target.
        highest: the highest value on validation with any bias, if that is below the target; else None.
    """

    bias: float
    highest: float | None = None


def targets_of(params: OperatingPoint, labels: Labels) -> list[Goal]:
    """List the targets in ``evaluate.operating_point``, sorted by type.

    Raises:
        UserError: a type is not in the label list.
    """
    targets = [Goal(name, measure, value) for measure, of in params.by_measure.items() for name, value in of.items()]
    for name, measure, _ in targets:
        if name not in labels.types:
            raise UserError(
                f"evaluate.operating_point.{measure}: the task {labels.task} does not have the type {name}; expected "
                f"one of {', '.join(sorted(labels.types))}"
            )
    return sorted(targets)


def by_split(metrics: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Choose what `report` says of each split from the metrics of all splits; empty without an operating point."""
    return {split: scores["operating_point"] for split, scores in metrics.items() if "operating_point" in scores}


def report(counts: Counts, targets: Sequence[Goal], found: Mapping[str, Found], bootstrap: Bootstrap) -> dict[str, Any]:
    """Describe what a split reaches.

    Returns:
        ``{TYPE: {measure, target, bias, value, low, high, reached}}``: the value of the measure with its 95 % interval,
        and whether it is at least the target; also highest_on_validation if no bias reaches the target there.
    """
    resampled = [
        counts.total(block).per_type() for block in weights(len(counts.words), bootstrap.resamples, bootstrap.seed)
    ]
    total = counts.total().per_type()

    def described(target: Goal) -> dict[str, Any]:
        # A type that is neither in gold nor predicted has no column; its scores are 0.
        column = [name == target.type for name in counts.types]
        value = float(getattr(total, target.measure)[column].sum())
        low, high = interval(np.concatenate([getattr(part, target.measure)[:, column].sum(-1) for part in resampled]))
        bias, highest = found[target.type]
        return {
            "measure": target.measure,
            "target": target.value,
            "bias": bias,
            "value": round(value, DIGITS),
            "low": round(float(low), DIGITS),
            "high": round(float(high), DIGITS),
            "reached": value >= target.value,
            **({} if highest is None else {"highest_on_validation": round(highest, DIGITS)}),
        }

    return {target.type: described(target) for target in targets}
