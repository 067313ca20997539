"""Charts: coordinates of the lines, dots and ticks, which the template draws as SVG.

Not drawn by a library, so that charts follow the browser's light or dark theme and their bytes do not depend on library
versions or the fonts of the host.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from tagline.core.outputs import Rows

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


@dataclass(frozen=True)
class Tick:
    """A tick of an axis: its coordinate and its value as text."""

    position: float
    text: str


@dataclass(frozen=True)
class Dot:
    """A dot of a chart, with the text of its tooltip."""

    x: float
    y: float
    radius: float
    text: str


@dataclass(frozen=True)
class Chart:
    """A chart of WIDTH by HEIGHT.

    Attributes:
        title: heading of the chart.
        x_title: title of the horizontal axis.
        x_ticks: ticks of the horizontal axis.
        y_ticks: ticks of the vertical axis.
        dots: the values, from left to right.
        best: the dot of the best value, if it is marked.
        text: the chart in words, for screen readers.
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
        """The ``points`` attribute of the SVG polyline through the dots."""
        return " ".join(f"{dot.x:g},{dot.y:g}" for dot in self.dots)


def learning_curves(losses: Rows, epochs: Rows, best_epoch: int) -> list[Chart]:
    """Draw the training loss, the validation loss and the validation F1.

    Args:
        losses: rows of LOSSES, by step.
        epochs: rows of EPOCHS, by epoch.
        best_epoch: the epoch whose weights were kept.
    """
    result = [curve("Training loss", "Step", [(row["step"], row["loss"]) for row in losses])] if losses else []
    if epochs:
        result.append(curve("Validation loss", "Epoch", [(row["epoch"], row["loss"]) for row in epochs]))
        points = [(row["epoch"], row["f1"]) for row in epochs]
        result.append(curve("Validation F1", "Epoch", points, best=best_epoch - 1))
    return result


def curve(title: str, x_title: str, points: Sequence[tuple[float, float]], best: int | None = None) -> Chart:
    """Draw a line through points.

    Args:
        title: heading of the chart.
        x_title: title of the horizontal axis.
        points: (x, y), finite, at least one, ascending by x.
        best: index of the best point, to be marked.
    """
    xs, ys = zip(*points, strict=True)
    y_values = ticks(min(ys), max(ys))
    # The line fills the whole width, so only ticks between its ends are shown.
    x_values = [value for value in ticks(xs[0], xs[-1], whole=True) if xs[0] <= value <= xs[-1]]
    x_scale = _scale(xs[0], xs[-1], LEFT, WIDTH - RIGHT)
    y_scale = _scale(y_values[0], y_values[-1], HEIGHT - BOTTOM, TOP)
    unit = x_title.lower()
    dots = [Dot(x_scale(x), y_scale(y), 2.5, f"{unit} {x:g}: {y:.3f}") for x, y in points]
    text = f"{title}: from {ys[0]:.3f} at {unit} {xs[0]:g} to {ys[-1]:.3f} at {unit} {xs[-1]:g}"
    if best is not None:
        text += f", best at {unit} {xs[best]:g} with {ys[best]:.3f}"
    return Chart(
        title=title,
        x_title=x_title,
        x_ticks=_ticks_at(x_values, x_scale),
        y_ticks=_ticks_at(y_values, y_scale),
        dots=dots,
        best=None if best is None else dots[best],
        text=text,
    )


def reliability(bins: pd.DataFrame, unit: str) -> Chart:
    """Draw a dot per bin at its mean probability and accuracy, with an area proportional to its predictions.

    Args:
        bins: at least one bin of `calibration.reliability`.
        unit: the name of the predictions: entities or words.
    """
    values = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    x_scale = _scale(0, 1, LEFT, WIDTH - RIGHT)
    y_scale = _scale(0, 1, HEIGHT - BOTTOM, TOP)
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
        title="Accuracy by mean probability",
        x_title="Mean probability",
        x_ticks=_ticks_at(values, x_scale),
        y_ticks=_ticks_at(values, y_scale),
        dots=dots,
        best=None,
        text="; ".join(dot.text for dot in dots),
    )


def ticks(low: float, high: float, whole: bool = False) -> list[float]:
    """List round, equidistant values around a range; the step is 1, 2 or 5 times a power of ten.

    Args:
        low: start of the range.
        high: end of the range, not below low.
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


def _scale(low: float, high: float, start: float, end: float) -> Callable[[float], float]:
    """Map values from low to high linearly to coordinates from start to end."""
    return lambda value: round(start + (end - start) * ((value - low) / (high - low) if high > low else 0.5), 1)


def _ticks_at(values: Sequence[float], scale: Callable[[float], float]) -> list[Tick]:
    return [Tick(scale(value), f"{value:g}") for value in values]
