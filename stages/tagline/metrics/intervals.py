"""Intervals: confidence intervals of a split's scores, from a bootstrap over its sentences."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tagline.metrics.counts import Counts
from tagline.metrics.resampling import interval, weights
from tagline.metrics.scores import DIGITS

Interval = dict[str, float]


def intervals(counts: Counts, resamples: int, seed: int) -> dict[str, Any]:
    """Compute 95 % intervals of the scores.

    Args:
        counts: of all sentences.
        resamples: number of bootstrap resamples.
        seed: random seed of the resamples.

    Returns:
        ``{"overall": {precision, recall, f1, accuracy: {low, high}}, "per_type": {TYPE: {f1: {low, high}}}}``.
    """
    overall: dict[str, list[npt.NDArray[np.float64]]] = {}
    per_type = []
    split = counts.total()
    for block in weights(len(counts.words), resamples, seed):
        total = counts.total(block)
        for name, values in (total.overall(split)._asdict() | {"accuracy": total.accuracy()}).items():
            overall.setdefault(name, []).append(values)
        per_type.append(total.per_type().f1)
    low, high = interval(np.concatenate(per_type))
    return {
        "overall": {name: _ends(*interval(np.concatenate(values))) for name, values in overall.items()},
        "per_type": {
            name: {"f1": _ends(low[column], high[column])}
            for column, name in enumerate(counts.types)
            # As in the scores, a tag that is only predicted is left out.
            if counts.kind == "spans" or split.gold[column]
        },
    }


def _ends(low: Any, high: Any) -> Interval:
    return {"low": round(float(low), DIGITS), "high": round(float(high), DIGITS)}
