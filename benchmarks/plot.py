"""Axes of a plot: SVG in the colours of the browser's theme."""

from __future__ import annotations

from collections.abc import Iterable

from tagline.report.charts import ticks

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 360, 48, 16, 16, 44
# Readable on light and dark grounds.
COLORS = ("#2f81f7", "#d1642a")
STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#6e7781}line{stroke:#6e7781;stroke-opacity:.25}"
    "path{fill:none;stroke-width:2}"
)


class Axes:
    """Axes that have room for some points; x begins at 0.

    Args:
        xs: values of x.
        ys: values of y.
    """

    def __init__(self, xs: Iterable[float], ys: Iterable[float]) -> None:
        ys = list(ys)
        self.x_ticks, self.y_ticks = ticks(0, max(xs)), ticks(min(ys), max(ys))

    def x(self, value: float) -> float:
        """The coordinate of a value of x."""
        return round(LEFT + (WIDTH - LEFT - RIGHT) * value / self.x_ticks[-1], 1)

    def y(self, value: float) -> float:
        """The coordinate of a value of y."""
        low, high = self.y_ticks[0], self.y_ticks[-1]
        return round(TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / (high - low), 1)

    def svg(self, parts: Iterable[str], x_title: str, label: str) -> str:
        """Draw the axes and parts of SVG; the label is for screen readers."""
        x, y = self.x, self.y
        start = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
            f'role="img" aria-label="{label}">'
        )
        drawn = [f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(tick)}" y2="{y(tick)}"/>' for tick in self.y_ticks]
        drawn += [f'<text x="{LEFT - 6}" y="{y(tick) + 4}" text-anchor="end">{tick:g}</text>' for tick in self.y_ticks]
        drawn += [
            f'<text x="{min(x(tick), WIDTH - 24)}" y="{HEIGHT - 26}" text-anchor="middle">{tick:,.0f}</text>'
            for tick in self.x_ticks
        ]
        drawn.append(f'<text x="{(LEFT + WIDTH) / 2}" y="{HEIGHT - 6}" text-anchor="middle">{x_title}</text>')
        return "\n".join([start, f"<style>{STYLE}</style>", *drawn, *parts, "</svg>\n"])
