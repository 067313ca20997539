"""Calibration: scores of entities, their bins, and the error computed by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest
from helpers.tagged import sentences

from tagline.metrics.calibration import calibration, reliability


def test_bins_and_error_by_hand() -> None:
    gold = ["B-A I-A O B-B", "B-A O O O"]
    predicted = ["B-A I-A O B-B", "B-A O B-B I-B"]
    # Exact in float32, as scores are. Correct: A at 0.9375, B at 0.8125, A at 0.8125. Wrong: B at (0.75 + 0.875) / 2.
    scores = [[0.875, 1.0, 0.375, 0.8125], [0.8125, 0.875, 0.75, 0.875]]
    bins = reliability(sentences(gold, predicted, scores=scores))
    assert bins["bin"].tolist() == ["0.8-0.9", "0.9-1.0"]
    np.testing.assert_allclose(bins["confidence"], [0.8125, 0.9375])
    np.testing.assert_allclose(bins["accuracy"], [2 / 3, 1])
    assert bins["number"].tolist() == [3, 1]
    assert calibration(bins) == {
        "ece": round(3 / 4 * (0.8125 - 2 / 3) + 1 / 4 * 0.0625, 6),
        "confidence": 0.84375,
        "accuracy": 0.75,
        "number": 4,
    }


@pytest.mark.parametrize(
    ("score", "name"),
    [(0.05, "0.0-0.1"), (0.1, "0.1-0.2"), (0.5, "0.5-0.6"), (0.999, "0.9-1.0"), (1.0, "0.9-1.0")],
)
def test_bin_of_a_score(score: float, name: str) -> None:
    assert reliability(sentences(["X"], ["X"], "tags", scores=[[score]]))["bin"].tolist() == [name]


def test_words_without_subwords_are_left_out() -> None:
    bins = reliability(sentences(["X X"], ["X Y"], "tags", scores=[[0.5, 0.0]]))
    assert bins["number"].tolist() == [1]


def test_no_predicted_entities() -> None:
    bins = reliability(sentences(["B-A"], ["O"], scores=[[0.5]]))
    assert list(bins.columns) == ["bin", "confidence", "accuracy", "number"]
    assert json.dumps(calibration(bins), allow_nan=False) == '{"number": 0}'
