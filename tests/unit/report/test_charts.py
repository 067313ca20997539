"""Charts: ticks, and coordinates of lines and dots."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagline.report import charts
from tagline.report.charts import LARGEST_DOT, LEFT, STEPS, TOP, curve, learning_curves, reliability, ticks

RIGHT, BOTTOM = charts.WIDTH - charts.RIGHT, charts.HEIGHT - charts.BOTTOM
NUMBERS = st.floats(-1e6, 1e6).map(lambda value: round(value, 6))


def test_ticks_are_round():
    assert ticks(0.347, 0.676) == [0.3, 0.4, 0.5, 0.6, 0.7]
    assert ticks(1.0, 8.0) == [0, 2, 4, 6, 8]
    assert ticks(0.0, 0.0) == [0, 0.2]
    assert ticks(1, 3, True) == [1, 2, 3]


@given(NUMBERS, NUMBERS)
def test_ticks_enclose_the_range_at_equal_distances(a, b):
    low, high = sorted((a, b))
    values = ticks(low, high)
    assert values[0] <= low + 1e-6 * (high - low)
    assert values[-1] >= high - 1e-6 * (high - low)
    assert 2 <= len(values) <= STEPS + 2
    assert np.ptp(np.diff(values)) < 1e-6 * max(1.0, abs(a), abs(b))


@given(st.lists(NUMBERS, min_size=1, max_size=20))
def test_curve_stays_inside_its_chart(ys):
    for dot in curve("Loss", "Step", list(enumerate(ys, start=1))).dots:
        assert LEFT <= dot.x <= RIGHT
        assert TOP - 0.1 <= dot.y <= BOTTOM + 0.1


def test_epoch_that_was_kept_is_marked_and_curve_in_words():
    epochs = [{"epoch": epoch, "f1": f1, "loss": 1.0} for epoch, f1 in ((1.0, 0.25), (2.0, 0.5), (3.0, 0.4))]
    *_, chart = learning_curves([], epochs, best_epoch=2)
    assert chart.text == "Validation F1: from 0.250 at epoch 1 to 0.400 at epoch 3, kept at epoch 2 with 0.500"
    assert chart.best == chart.dots[1]
    assert [text for _, text in chart.x.ticks()] == ["1", "2", "3"]
    assert chart.path.split()[0] == f"{LEFT},{BOTTOM}"
    assert learning_curves([], [], 1) == []


def test_areas_of_a_reliability_chart_are_proportional():
    bins = pd.DataFrame({"confidence": [0.5, 1.0], "accuracy": [0.0, 1.0], "number": [1, 3]})
    small, large = reliability(bins, "entities").dots
    assert (small.x, small.y, large.x, large.y) == ((LEFT + RIGHT) / 2, BOTTOM, RIGHT, TOP)
    assert small.radius == LARGEST_DOT / 2
    assert large.radius**2 / small.radius**2 == pytest.approx(3, rel=0.02)
    assert large.text == "3 entities with a mean probability of 1.000: 1.000 of them correct"
