"""F-beta: a mean of precision and recall in which recall weighs beta times as much (van Rijsbergen, 1979)."""

from __future__ import annotations

from typing import Any

import numpy as np

from tagline.metrics.counts import Counts, ratios
from tagline.metrics.scores import DIGITS


def f_beta(counts: Counts, beta: float) -> dict[str, Any]:
    """Compute F-beta overall and of each type, from the same counts and by the same means as F1.

    Returns:
        ``{"beta": beta, "overall": value, "per_type": {TYPE: value}}``.
    """
    total = counts.total()
    # (1 + b^2) correct / (b^2 gold + predicted) is F1 of counts that are weighted so.
    weighted = [(1 + beta**2) / 2 * total.correct, total.predicted, beta**2 * total.gold]
    of_types = ratios(*weighted).f1
    occurs = total.gold > 0
    if counts.kind == "spans":
        overall = float(ratios(*(each.sum() for each in weighted)).f1)
    else:
        overall = float(np.mean(of_types[occurs])) if occurs.any() else 0.0
    per_type = {
        name: round(float(value), DIGITS)
        for name, value, in_gold in zip(counts.types, of_types, occurs, strict=True)
        if counts.kind == "spans" or in_gold
    }
    return {"beta": beta, "overall": round(overall, DIGITS), "per_type": per_type}
