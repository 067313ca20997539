"""The plot of learning curves."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

import numpy as np
from plot import COLORS, Axes
from power_law import PowerLaw

Points = Sequence[tuple[int, float]]
"""Sentences and F1 of each run."""


def learning_curves(curves: Mapping[str, tuple[Points, PowerLaw]], more: int) -> str:
    """Draw each run as a dot and each law as a line, which is dashed beyond the largest run.

    Args:
        curves: by name, at most two.
        more: how many sentences the laws go beyond the largest run.
    """
    sizes, scores = zip(*(point for points, _ in curves.values() for point in points), strict=True)
    axes = Axes([max(sizes) + more], scores)
    x, y = axes.x, axes.y

    def line(law: PowerLaw, low: float, high: float) -> str:
        return "M" + " ".join(f"{x(size)},{y(law.f1(size))}" for size in np.linspace(low, high, 60))

    parts = []
    for number, ((name, (points, law)), color) in enumerate(zip(curves.items(), COLORS, strict=False)):
        last = max(size for size, _ in points)
        first = min(size for size, _ in points)
        parts.append(f'<path d="{line(law, first, last)}" stroke="{color}"/>')
        parts.append(f'<path d="{line(law, last, last + more)}" stroke="{color}" stroke-dasharray="4"/>')
        parts += [f'<circle cx="{x(size)}" cy="{y(f1)}" r="3" fill="{color}"/>' for size, f1 in points]
        height = y(axes.y_ticks[0]) - 12 - 18 * (len(curves) - 1 - number)
        parts.append(f'<circle cx="{x(axes.x_ticks[-1]) - 8}" cy="{height - 4}" r="4" fill="{color}"/>')
        parts.append(f'<text x="{x(axes.x_ticks[-1]) - 18}" y="{height}" text-anchor="end">{html.escape(name)}</text>')
    return axes.svg(parts, "Sentences of train", "F1 of test by sentences of train")
