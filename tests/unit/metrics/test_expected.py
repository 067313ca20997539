"""Expected scores: the constants, the estimate, and what travels with a model."""

from dataclasses import replace

import numpy as np
import pytest
from helpers.tagged import sentences

from tagline.labels import flatten
from tagline.metrics.expected import Constants, Reference, Sums, count, estimate, fit
from tagline.metrics.scores import count as count_scores

CONSTANTS = Constants(threshold=0.5, ties=0.5, touching=0.5, missed=0.25, entities=100)


def validation(right=48, wrong=12, of_type=6, missed=4):
    """Sentences of one entity each, of which the right ones have higher scores; some wrong ones touch a gold entity."""
    gold = ["B-X O"] * right + ["B-Y O"] * of_type + ["O O"] * (wrong - of_type) + ["O B-X"] * missed
    predicted = ["B-X O"] * (right + wrong) + ["O O"] * missed
    scores = [[0.9, 0.95]] * right + [[0.4, 0.95]] * wrong + [[0.95, 0.6]] * missed
    return flatten(sentences(gold, predicted, scores=scores))


def test_estimate_of_validation_is_its_true_score():
    split = validation()
    constants = fit(split)
    expected = Constants(threshold=0.9, ties=1, touching=0.5, missed=4 / (60 * 0.05 + 4 * 0.45), entities=60)
    assert constants == pytest.approx(expected, rel=1e-4)
    estimated = estimate(count(split, constants), constants)
    for name, value in count_scores(split, "spans").total().overall()._asdict().items():
        assert estimated[name]["value"] == pytest.approx(float(value), abs=1e-5)
        assert estimated[name]["low"] < value < estimated[name]["high"]


def test_share_of_equal_scores_counts_and_rounding_of_scores_does_not():
    """Right and wrong entities have one score, so that 48 of 60 count; on another host, some are a little lower."""
    split = validation()
    equal = np.full(len(split.scores), 0.9, np.float32)
    constants = fit(replace(split, scores=equal))
    assert constants.ties == pytest.approx(48 / 60)
    noise = np.random.default_rng(0).normal(scale=1e-5, size=len(equal)).astype(np.float32)
    for scores in (equal, equal + noise):
        assert count(replace(split, scores=scores), constants).sure == pytest.approx(48)


@pytest.mark.parametrize("counts", [(30, 12, 6, 4), (60, 0, 0, 4)])
def test_no_constants_from_few_entities_or_of_one_outcome(counts):
    assert fit(validation(*counts)) is None


def test_formula_by_hand():
    result = estimate(Sums(found=10, sure=8, scores=7.5, doubt=4), CONSTANTS)
    # 8 are expected to be right, and 8 + 0.5 * 2 + 0.25 * 4 to be in gold.
    assert {scores["value"] for scores in result.values()} == {0.8}
    # By the scores, F1 is 15 / 19.75: the interval has this distance and 1.96 standard errors on each side.
    error = np.sqrt(5 / 7 * 2 / 7 * (1 / 10 + 1 / 100))
    assert result["f1"]["low"] == pytest.approx(15 / 19.75 - 1.96 * error, abs=1e-5)
    assert estimate(Sums(), CONSTANTS) == {}
    assert estimate(Sums(found=1, sure=1, scores=0.9), CONSTANTS)["f1"]["low"] < 0.5, "one entity says little"


def test_words_without_subwords_raise_no_doubt():
    given = flatten(sentences(["B-X O O O"], ["B-X O O O"], scores=[[0.9, 0.75, 0.5, 0.0]]))
    assert count(given, CONSTANTS).doubt == pytest.approx(0.75)


def test_sums_of_parts_are_those_of_the_whole():
    once = count(flatten(sentences(["O O"], ["B-X O"], scores=[[0.7, 0.8]])), CONSTANTS)
    assert once == pytest.approx((1, 1, 0.7, 0.2, 2))
    assert once.plus(once) == pytest.approx((2, 2, 1.4, 0.4, 4))


DAMAGED = [{"constants": {}}, {"constants": CONSTANTS._replace(ties=-5)._asdict()}, {"f1": "0.8"}, {"f1": float("nan")}]
DAMAGED += [{"constants": CONSTANTS._replace(missed=-1)._asdict()}, {"f1": 7}]


@pytest.mark.parametrize("damage", DAMAGED)
def test_damaged_reference_is_refused(damage):
    with pytest.raises((ValueError, TypeError)):
        Reference.parse(Reference(CONSTANTS, 0.8).to_json() | damage)
