"""Calibration: which score an entity has, which bin it is in, and the error worked out by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tagline.metrics.calibration import calibration, reliability


def test_bins_and_error_by_hand() -> None:
    gold = [["B-A", "I-A", "O", "B-B"], ["B-A", "O", "O", "O"]]
    predicted = [["B-A", "I-A", "O", "B-B"], ["B-A", "O", "B-B", "I-B"]]
    scores = [np.array([0.9, 1.0, 0.4, 0.8]), np.array([0.8, 0.9, 0.7, 0.9])]
    # Right: A at 0.95, B at 0.8, A at 0.8. Wrong: B at (0.7 + 0.9) / 2 = 0.8.
    bins = reliability(gold, predicted, scores, "spans")
    assert bins["bin"].tolist() == ["0.8-0.9", "0.9-1.0"]
    np.testing.assert_allclose(bins["confidence"], [0.8, 0.95])
    np.testing.assert_allclose(bins["accuracy"], [2 / 3, 1])
    assert bins["number"].tolist() == [3, 1]
    assert calibration(bins) == {
        "ece": round(3 / 4 * (0.8 - 2 / 3) + 1 / 4 * 0.05, 6),
        "confidence": 0.8375,
        "accuracy": 0.75,
        "number": 4,
    }


@pytest.mark.parametrize(("score", "name"), [(0.05, "0.0-0.1"), (0.1, "0.1-0.2"), (0.999, "0.9-1.0"), (1.0, "0.9-1.0")])
def test_the_bin_of_a_score(score: float, name: str) -> None:
    assert reliability([["X"]], [["X"]], [np.array([score])], "tags")["bin"].tolist() == [name]


def test_words_that_the_model_never_saw_are_left_out() -> None:
    bins = reliability([["X", "X"]], [["X", "Y"]], [np.array([0.5, 0.0], np.float32)], "tags")
    assert bins["number"].tolist() == [1]


def test_nothing_predicted() -> None:
    bins = reliability([["B-A"]], [["O"]], [np.array([0.5])], "spans")
    assert list(bins.columns) == ["bin", "confidence", "accuracy", "number"]
    assert json.dumps(calibration(bins), allow_nan=False) == '{"number": 0}'
