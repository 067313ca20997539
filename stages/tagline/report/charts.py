"""Charts: where the lines, dots and ticks of the report's pictures stand. The template draws them, in SVG.

Drawn by hand rather than by a library so that they follow the reader's light or dark theme, and so that a new version
of a library or another font on the host changes no byte.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

# The units of the picture; the page scales it.
WIDTH, HEIGHT = 320, 190
LEFT, RIGHT, TOP, BOTTOM = 38, 14, 14, 36
# More steps between ticks than this crowd a picture of that size.
STEPS = 5
# Points of a line that are marked one by one at most.
MARKED = 40
# Radius of the dot that stands for all entities of a reliability chart; areas are in proportion.
LARGEST_DOT = 14.0


@dataclass(frozen=True)
class Tick:
    """A mark on an axis: its place in the picture, and the value there as text."""

    place: float
    text: str


@dataclass(frozen=True)
class Dot:
    """A value in the picture, with what a reader who points at it is told."""

    x: float
    y: float
    radius: float
    text: str


@dataclass(frozen=True)
class Chart:
    """A picture of WIDTH by HEIGHT.

    Attributes:
        title: what stands above it.
        x_title: what the horizontal axis means.
        x_ticks: the marks on it.
        y_ticks: the marks on the vertical axis.
        dots: the values, in their order.
        best: the dot to point out, if any.
        text: all of the picture in words, for those who do not see it.
    """

    title: str
    x_title: str
    x_ticks: list[Tick]
    y_ticks: list[Tick]
    dots: list[Dot]
    best: Dot | None
    text: str

    @property
    def path(self) -> str:
        """The line through the dots, as the ``points`` of an SVG polyline."""
        return " ".join(f"{dot.x:g},{dot.y:g}" for dot in self.dots)


def curve(title: str, x_title: str, points: Sequence[tuple[float, float]], best: int | None = None) -> Chart:
    """A line through points.

    Args:
        title: what the values are.
        x_title: what they are over.
        points: (x, y) with finite values, at least one, x ascending.
        best: the place of the point to point out.
    """
    xs, ys = zip(*points, strict=True)
    y_values = ticks(min(ys), max(ys))
    # The line fills the width whatever the ticks are; those between its ends are shown.
    x_values = [value for value in ticks(xs[0], xs[-1], whole=True) if xs[0] <= value <= xs[-1]]
    x_scale = _Scale(xs[0], xs[-1], LEFT, WIDTH - RIGHT)
    y_scale = _Scale(y_values[0], y_values[-1], HEIGHT - BOTTOM, TOP)
    unit = x_title.lower()
    dots = [Dot(x_scale(x), y_scale(y), 2.5, f"{unit} {x:g}: {y:.3f}") for x, y in points]
    text = f"{title}: from {ys[0]:.3f} at {unit} {xs[0]:g} to {ys[-1]:.3f} at {unit} {xs[-1]:g}"
    if best is not None:
        text += f", best at {unit} {xs[best]:g} with {ys[best]:.3f}"
    return Chart(
        title=title,
        x_title=x_title,
        x_ticks=_marks(x_values, x_scale),
        y_ticks=_marks(y_values, y_scale),
        dots=dots,
        best=None if best is None else dots[best],
        text=text,
    )


def reliability(bins: pd.DataFrame, unit: str) -> Chart:
    """Draw a dot per bin at its mean probability and accuracy; its area shows how many predictions it stands for.

    Args:
        bins: what `calibration.reliability` returned, a row at least.
        unit: what is counted.
    """
    values = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    x_scale = _Scale(0, 1, LEFT, WIDTH - RIGHT)
    y_scale = _Scale(0, 1, HEIGHT - BOTTOM, TOP)
    total = bins["number"].sum()
    dots = [
        Dot(
            x_scale(confidence),
            y_scale(accuracy),
            max(1.5, round(LARGEST_DOT * math.sqrt(number / total), 1)),
            f"{number:,} {unit} with a mean probability of {confidence:.3f}: {accuracy:.3f} of them correct",
        )
        for confidence, accuracy, number in bins[["confidence", "accuracy", "number"]].itertuples(index=False)
    ]
    return Chart(
        title="Share that is correct",
        x_title="Mean probability",
        x_ticks=_marks(values, x_scale),
        y_ticks=_marks(values, y_scale),
        dots=dots,
        best=None,
        text="; ".join(dot.text for dot in dots),
    )


def ticks(low: float, high: float, whole: bool = False) -> list[float]:
    """Round values at equal distances that enclose two others: the steps are 1, 2 or 5 times a power of ten.

    Args:
        low: the smallest value.
        high: the largest value, not below low.
        whole: no step below 1.
    """
    span = high - low or abs(high) or 1.0
    power = 10.0 ** math.floor(math.log10(span / STEPS))
    step = next(factor * power for factor in (1, 2, 5, 10) if span / (factor * power) <= STEPS)
    step = max(step, 1.0) if whole else step
    # A bound that is a multiple but for the last bits of a float is one.
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    digits = max(0, -math.floor(math.log10(step)))
    return [round(number * step, digits) for number in range(first, max(last, first + 1) + 1)]


@dataclass(frozen=True)
class _Scale:
    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low) if self.high > self.low else 0.5
        return round(self.start + share * (self.end - self.start), 1)


def _marks(values: Sequence[float], scale: _Scale) -> list[Tick]:
    return [Tick(scale(value), f"{value:g}") for value in values]
