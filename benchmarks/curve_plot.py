"""The plot of learning curves: SVG in the colours of the browser's theme."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

import numpy as np
from power_law import PowerLaw

from tagline.report.charts import ticks

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 360, 48, 16, 16, 44
# Readable on light and dark grounds.
COLORS = ("#2f81f7", "#d1642a")
STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#6e7781}line{stroke:#6e7781;stroke-opacity:.25}"
    "path{fill:none;stroke-width:2}"
)

Points = Sequence[tuple[int, float]]
"""Sentences and F1 of each run."""


def learning_curves(curves: Mapping[str, tuple[Points, PowerLaw]], more: int) -> str:
    """Draw each run as a dot and each law as a line, which is dashed beyond the largest run.

    Args:
        curves: by name, at most two.
        more: how many sentences the laws go beyond the largest run.
    """
    sizes, scores = zip(*(point for points, _ in curves.values() for point in points), strict=True)
    x_ticks, y_ticks = ticks(0, max(sizes) + more), ticks(min(scores), max(scores))

    def x(value: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * value / x_ticks[-1], 1)

    def y(value: float) -> float:
        return round(TOP + (HEIGHT - TOP - BOTTOM) * (y_ticks[-1] - value) / (y_ticks[-1] - y_ticks[0]), 1)

    def line(law: PowerLaw, low: float, high: float) -> str:
        return "M" + " ".join(f"{x(size)},{y(law.f1(size))}" for size in np.linspace(low, high, 60))

    parts = [f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(tick)}" y2="{y(tick)}"/>' for tick in y_ticks]
    parts += [f'<text x="{LEFT - 6}" y="{y(tick) + 4}" text-anchor="end">{tick:g}</text>' for tick in y_ticks]
    parts += [
        f'<text x="{min(x(tick), WIDTH - 24)}" y="{HEIGHT - 26}" text-anchor="middle">{tick:,.0f}</text>'
        for tick in x_ticks
    ]
    parts.append(f'<text x="{(LEFT + WIDTH) / 2}" y="{HEIGHT - 6}" text-anchor="middle">Sentences of train</text>')
    for number, ((name, (points, law)), color) in enumerate(zip(curves.items(), COLORS, strict=False)):
        last = max(size for size, _ in points)
        first = min(size for size, _ in points)
        parts.append(f'<path d="{line(law, first, last)}" stroke="{color}"/>')
        parts.append(f'<path d="{line(law, last, last + more)}" stroke="{color}" stroke-dasharray="4"/>')
        parts += [f'<circle cx="{x(size)}" cy="{y(f1)}" r="3" fill="{color}"/>' for size, f1 in points]
        height = y(y_ticks[0]) - 12 - 18 * (len(curves) - 1 - number)
        parts.append(f'<circle cx="{x(x_ticks[-1]) - 8}" cy="{height - 4}" r="4" fill="{color}"/>')
        parts.append(f'<text x="{x(x_ticks[-1]) - 18}" y="{height}" text-anchor="end">{html.escape(name)}</text>')
    start = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        'role="img" aria-label="F1 of test by sentences of train">'
    )
    return "\n".join([start, f"<style>{STYLE}</style>", *parts, "</svg>\n"])
