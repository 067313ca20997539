"""F-beta: a mean of precision and recall in which recall weighs beta times as much (van Rijsbergen, 1979)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tagline.metrics.counts import Counts
from tagline.metrics.scores import DIGITS


def f_beta(counts: Counts, beta: float) -> dict[str, Any]:
    """Compute F-beta overall and of each type, from the same counts and by the same means as F1.

    Returns:
        ``{"beta": beta, "overall": value, "per_type": {TYPE: value}}``.
    """
    total = counts.total()
    # (1 + b^2) correct / (b^2 gold + predicted) is F1 of counts that are weighted so.
    weighted = replace(total, correct=(1 + beta**2) / 2 * total.correct, gold=beta**2 * total.gold)
    per_type = {
        name: round(float(value), DIGITS)
        for name, value, gold in zip(counts.types, weighted.per_type().f1, total.gold, strict=True)
        if counts.kind == "spans" or gold
    }
    return {"beta": beta, "overall": round(float(weighted.overall().f1), DIGITS), "per_type": per_type}
