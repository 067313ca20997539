"""Calibration: scores of entities, their bins, and the error computed by hand."""

import json

import numpy as np
import pytest
from helpers.tagged import sentences

from tagline.labels import flatten
from tagline.labels.label_list import NOT_CALIBRATED, Calibration, log_odds
from tagline.metrics.calibration import calibration, fit, fit_curve, not_fitted, reliability


def test_bins_and_error_by_hand():
    gold = ["B-A I-A O B-B", "B-A O O O"]
    predicted = ["B-A I-A O B-B", "B-A O B-B I-B"]
    # Exact in float32, as scores are. Correct: A at 0.9375, B at 0.8125, A at 0.8125. Wrong: B at (0.75 + 0.875) / 2.
    scores = [[0.875, 1.0, 0.375, 0.8125], [0.8125, 0.875, 0.75, 0.875]]
    bins = reliability(sentences(gold, predicted, scores=scores))
    assert bins["bin"].tolist() == ["0.8-0.9", "0.9-1.0"]
    np.testing.assert_allclose(bins["confidence"], [0.8125, 0.9375])
    np.testing.assert_allclose(bins["accuracy"], [2 / 3, 1])
    assert bins["number"].tolist() == [3, 1]
    error = round(3 / 4 * (0.8125 - 2 / 3) + 1 / 4 * 0.0625, 6)
    assert calibration(bins) == {"ece": error, "confidence": 0.84375, "accuracy": 0.75, "number": 4}


def test_words_are_sorted_into_bins_without_those_that_have_no_subwords():
    bins = reliability(
        sentences(["X"] * 6, ["X"] * 6, "tags", scores=[[score] for score in (1.0, 0.05, 0.1, 0.999, 0.5, 0.0)])
    )
    numbers = dict(zip(bins["bin"], bins["number"], strict=True))
    assert numbers == {"0.0-0.1": 1, "0.1-0.2": 1, "0.5-0.6": 1, "0.9-1.0": 2}


def test_nothing_predicted_has_no_calibration():
    bins = reliability(sentences(["B-A"], ["O"], scores=[[0.5]]))
    assert list(bins.columns) == ["bin", "confidence", "accuracy", "number"]
    assert json.dumps(calibration(bins), allow_nan=False) == '{"number": 0}'


def test_known_overconfidence_is_corrected_and_the_order_of_scores_stays():
    rng = np.random.default_rng(0)
    probable = rng.uniform(0.05, 0.95, 4000)
    right = rng.random(4000) < probable
    scores = (1 / (1 + np.exp(-3 * log_odds(probable)))).astype(np.float32)  # a temperature of 1/3
    fitted, (probable, scores) = fit_curve(scores[:2000], right[:2000]), (probable[2000:], scores[2000:])
    found = Calibration(fitted).apply(scores, np.zeros(2000, bool))
    assert np.abs(found - probable).mean() < 0.03 < 0.15 < np.abs(scores - probable).mean()
    assert (np.diff(found[np.argsort(scores)]) >= 0).all()


def test_shares_of_groups_go_towards_the_mean_by_one_prediction():
    curve = fit_curve(np.repeat(np.float32([0.2, 0.8]), 50), np.repeat([False, True], 50))
    assert [share for _, share in curve] == pytest.approx([0, 0.5 / 51, 50.5 / 51, 1], abs=1e-4)


# The number of entities, and of the right ones among them.
@pytest.mark.parametrize("number, right", [(49, 20), (60, 60)])
def test_few_entities_or_all_right_are_not_fitted_which_is_said(number, right):
    given = sentences(["B-A"] * right + ["B-B"] * (number - right), ["B-A"] * number, scores=[[0.5]] * number)
    assert fit(flatten(given)) == NOT_CALIBRATED
    message = f"{number} predictions, {right} of them right; expected at least 50, right and wrong ones"
    assert not_fitted(calibration(reliability(given))) == message


def test_equal_scores_get_the_share_that_is_right():
    scores = np.repeat(np.array([0.4, 0.7, 0.99], np.float32), [100, 100, 1000])
    right = np.arange(1200) % 10 < np.repeat([5, 8, 9], [100, 100, 1000])
    for order in (np.arange(1200), np.argsort(~right, kind="stable"), np.argsort(right, kind="stable")):
        found = Calibration(fit_curve(scores[order], right[order])).apply(np.unique(scores), np.zeros(3, bool))
        np.testing.assert_allclose(found, [0.5, 0.8, 0.9], atol=0.005)
