"""Charts: coordinates of the lines, dots and ticks, which the template draws as SVG.

Without a library, so that charts follow the browser's light or dark theme and their bytes do not depend on library
versions or fonts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from tagline.core import Rows

# Columns of the learning curves that are drawn.
LOSSES = ("step", "loss")
EPOCHS = ("epoch", "f1", "loss")
# Size and margins of a chart in SVG units; the page scales it.
WIDTH, HEIGHT = 320, 190
LEFT, RIGHT, TOP, BOTTOM = 38, 14, 14, 36
# Maximum number of steps between ticks.
STEPS = 5
# Maximum number of points with a dot; a longer line has none.
MARKED = 40
# Radius of a dot of a reliability chart with all predictions; the area is proportional to their number.
LARGEST_DOT = 14.0


class Axis(NamedTuple):
    """An axis of a chart.

    Attributes:
        low, high: the values at its ends; start, end: their coordinates.
        values: those with a tick.
    """

    low: float
    high: float
    start: float
    end: float
    values: Sequence[float]

    def position(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low) if self.high > self.low else 0.5
        return round(self.start + (self.end - self.start) * share, 1)

    def ticks(self) -> list[tuple[float, str]]:
        return [(self.position(value), f"{value:g}") for value in self.values]


class Dot(NamedTuple):
    """A dot, with the text of its tooltip."""

    x: float
    y: float
    radius: float
    text: str


@dataclass(frozen=True)
class Chart:
    """A chart of WIDTH by HEIGHT.

    Attributes:
        text: the chart in words, for screen readers.
        best: the dot of the kept epoch, if it is marked.
    """

    title: str
    x_title: str
    x: Axis
    y: Axis
    dots: list[Dot]
    text: str
    best: Dot | None = None

    @property
    def path(self) -> str:
        """The ``points`` of the SVG polyline through the dots."""
        return " ".join(f"{dot.x:g},{dot.y:g}" for dot in self.dots)


def learning_curves(losses: Rows, epochs: Rows, best_epoch: int) -> list[Chart]:
    """Draw the training loss, the validation loss and the validation F1."""
    result = []
    if losses:
        result.append(curve("Training loss", "Step", [(row["step"], row["loss"]) for row in losses]))
    if epochs:
        result.append(curve("Validation loss", "Epoch", [(row["epoch"], row["loss"]) for row in epochs]))
        points = [(row["epoch"], row["f1"]) for row in epochs]
        result.append(curve("Validation F1", "Epoch", points, best_epoch - 1))
    return result


def curve(title: str, x_title: str, points: Sequence[tuple[float, float]], best: int | None = None) -> Chart:
    """Draw a line through points.

    Args:
        points: (x, y), finite, at least one, ascending by x.
        best: index of the point that is marked as kept.
    """
    xs, ys = zip(*points, strict=True)
    values = ticks(min(ys), max(ys))
    # The line fills the whole width, so only ticks between its ends are shown.
    between = [value for value in ticks(xs[0], xs[-1], whole=True) if xs[0] <= value <= xs[-1]]
    x_axis = _x_axis(xs[0], xs[-1], between)
    y_axis = _y_axis(values)
    unit = x_title.lower()
    dots = [Dot(x_axis.position(x), y_axis.position(y), 2.5, f"{unit} {x:g}: {y:.3f}") for x, y in points]
    text = f"{title}: from {ys[0]:.3f} at {unit} {xs[0]:g} to {ys[-1]:.3f} at {unit} {xs[-1]:g}"
    if best is None:
        return Chart(title, x_title, x_axis, y_axis, dots, text)
    text += f", kept at {unit} {xs[best]:g} with {ys[best]:.3f}"
    return Chart(title, x_title, x_axis, y_axis, dots, text, dots[best])


def reliability(bins: pd.DataFrame, unit: str) -> Chart:
    """Draw a dot per bin at its mean probability and accuracy, with an area proportional to its predictions.

    Args:
        bins: at least one bin of `calibration.reliability`.
        unit: of the predictions: entities or words.
    """
    values = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    x_axis = _x_axis(0, 1, values)
    y_axis = _y_axis(values)
    total = bins["number"].sum()
    dots = []
    for confidence, accuracy, number in zip(bins["confidence"], bins["accuracy"], bins["number"], strict=True):
        text = f"{number:,} {unit} with a mean probability of {confidence:.3f}: {accuracy:.3f} of them correct"
        radius = max(1.5, round(LARGEST_DOT * math.sqrt(number / total), 1))
        dots.append(Dot(x_axis.position(confidence), y_axis.position(accuracy), radius, text))
    text = "; ".join(dot.text for dot in dots)
    return Chart("Accuracy by mean probability", "Mean probability", x_axis, y_axis, dots, text)


def ticks(low: float, high: float, whole: bool = False) -> list[float]:
    """List round, equidistant values around a range; the step is 1, 2 or 5 times a power of ten.

    Args:
        whole: whether the step is at least 1.
    """
    span = high - low or abs(high) or 1.0
    power = 10.0 ** math.floor(math.log10(span / STEPS))
    step = next(factor * power for factor in (1, 2, 5, 10) if span / (factor * power) <= STEPS)
    step = max(step, 1.0) if whole else step
    # The tolerance is for rounding errors of bounds that are multiples of the step.
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    digits = max(0, -math.floor(math.log10(step)))
    return [round(multiple * step, digits) for multiple in range(first, max(last, first + 1) + 1)]


def _x_axis(low: float, high: float, values: Sequence[float]) -> Axis:
    return Axis(low, high, LEFT, WIDTH - RIGHT, values)


def _y_axis(values: Sequence[float]) -> Axis:
    return Axis(values[0], values[-1], HEIGHT - BOTTOM, TOP, values)
