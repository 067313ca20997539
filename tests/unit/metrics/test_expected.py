"""Expected scores: the constants, the estimate, and what travels with a model."""

import json
from dataclasses import replace

import numpy as np
import pytest
from helpers.tagged import sentences

from tagline.labels.tagged import TaggedSentences, flatten
from tagline.labels.windows import Windows
from tagline.metrics.expected import (
    BINS,
    COMMON,
    SEEN_RARELY,
    UNKNOWN,
    Constants,
    Reference,
    Sums,
    count,
    estimate,
    familiarity,
    fit,
    stability_index,
    traits,
)
from tagline.metrics.scores import count as count_scores

FAMILIAR = np.array([UNKNOWN, SEEN_RARELY, COMMON], np.uint8)
CONSTANTS = Constants(threshold=0.5, ties=0.5, touching=0.5, missed=0.25, entities=100)


def windows(*ids: int, words: tuple[int, ...]) -> Windows:
    lengths = np.array([0, len(ids)])
    return Windows(np.array([0]), [lengths], [np.array(ids, np.int32)], [np.array(words, np.int32)])


def validation(right: int = 48, wrong: int = 12, of_type: int = 6, missed: int = 4) -> TaggedSentences:
    """Sentences of one entity each, of which the right ones have higher scores; some wrong ones touch a gold entity."""
    gold = ["B-X O"] * right + ["B-Y O"] * of_type + ["O O"] * (wrong - of_type) + ["O B-X"] * missed
    predicted = ["B-X O"] * (right + wrong) + ["O O"] * missed
    scores = [[0.9, 0.95]] * right + [[0.4, 0.95]] * wrong + [[0.95, 0.6]] * missed
    return flatten(sentences(gold, predicted, scores=scores))


def test_constants_are_those_of_validation() -> None:
    constants = fit(validation())
    assert constants is not None
    assert (constants.threshold, constants.ties) == (pytest.approx(0.9), 1)
    assert constants.touching == 0.5
    assert constants.missed == pytest.approx(4 / (60 * 0.05 + 4 * 0.45), rel=1e-4)
    assert constants.entities == 60


def test_estimate_of_validation_is_its_true_score() -> None:
    split = validation()
    constants = fit(split)
    assert constants is not None
    sums = count(split, windows(words=()), constants, FAMILIAR)
    true = count_scores(split, "spans").total().overall()
    estimated = estimate(sums, constants, split.predicted_entities.types)["overall"]
    for name, value in true._asdict().items():
        assert estimated[name]["value"] == pytest.approx(float(value), abs=1e-5)
        assert estimated[name]["low"] < value < estimated[name]["high"]


def test_share_of_equal_scores_counts_and_rounding_of_scores_does_not() -> None:
    """Right and wrong entities have one score, so that 48 of 60 count; on another host, some are a little lower."""
    split = validation()
    equal = replace(split, scores=np.full(len(split.scores), 0.9, np.float32))
    constants = fit(equal)
    assert constants is not None
    assert constants.ties == pytest.approx(48 / 60)
    noise = np.random.default_rng(0).normal(scale=1e-5, size=len(equal.scores)).astype(np.float32)
    for other in (equal, replace(equal, scores=equal.scores + noise)):
        sums = count(other, windows(words=()), constants, FAMILIAR)
        assert sums.sure.sum() == pytest.approx(48)


@pytest.mark.parametrize("counts", [(30, 12, 6, 4), (60, 0, 0, 4), (0, 60, 6, 4)])
def test_no_constants_from_few_entities_or_of_one_outcome(counts: tuple[int, int, int, int]) -> None:
    assert fit(validation(*counts)) is None


def test_formula_by_hand() -> None:
    sums = Sums.none(2)._replace(
        found=np.array([6.0, 4.0]), sure=np.array([6.0, 2.0]), scores=np.array([5.0, 2.5]), doubt=4.0
    )
    result = estimate(sums, CONSTANTS, ["X", "Y"])
    # 8 are expected to be right, and 8 + 0.5 * 2 + 0.25 * 4 to be in gold.
    assert {name: scores["value"] for name, scores in result["overall"].items()} == dict.fromkeys(
        result["overall"], 0.8
    )
    # Of Y 2, and 2 + 0.5 * 2 + 0.25 * 4 * 0.4.
    assert result["per_type"]["Y"]["recall"]["value"] == pytest.approx(2 / 3.4, abs=1e-6)
    # By the scores, F1 is 15 / 19.75: the interval has this distance and 1.96 standard errors on each side.
    error = np.sqrt(5 / 7 * 2 / 7 * (1 / 10 + 1 / 100))
    low = 0.8 - (0.8 - 15 / 19.75) - 1.96 * error
    assert result["overall"]["f1"]["low"] == pytest.approx(low, abs=1e-5)


def test_types_without_entities_and_texts_without_any_have_no_estimate() -> None:
    sums = Sums.none(2)
    assert estimate(sums, CONSTANTS, ["X", "Y"]) == {}
    one = sums._replace(found=np.array([1.0, 0.0]), sure=np.array([1.0, 0.0]), scores=np.array([0.9, 0.0]))
    result = estimate(one, CONSTANTS, ["X", "Y"])
    assert result["per_type"].keys() == {"X"}
    assert result["overall"]["f1"]["low"] < 0.5, "one entity says little"


def test_sums_of_parts_are_those_of_the_whole() -> None:
    read = windows(9, 0, 1, 2, 2, 3, words=(-1, 0, 0, 1, 2, 3))
    split = flatten(sentences(["O O"], ["B-X O"], words=[["NATO", "Met"]], scores=[[0.7, 0.8]]))
    once = count(split, read, CONSTANTS, FAMILIAR)
    twice = once.plus(once)
    assert (once.words, once.capitalized, once.uppercase) == (2, 2, 1)
    assert (once.subwords, once.unknown, once.rare) == (5, 2, 1), "without the special token; an id beyond is unknown"
    assert once.histogram.tolist() == [0, 0, 0, 0, 0, 0, 1, 0, 0, 0]
    assert once.doubt == pytest.approx(0.2)
    assert traits(twice) == traits(once)
    assert traits(once)["unknown_subwords"] == 0.4


def test_sub_words_are_familiar_by_how_often_training_has_them() -> None:
    parts = [np.array([1, 3, 3, 3]), np.array([3, 3, 2, 2, 2, 2, 2])]
    assert familiarity(parts, unknown=2).tolist() == [UNKNOWN, SEEN_RARELY, UNKNOWN, COMMON]
    assert familiarity(parts, unknown=-1).tolist() == [UNKNOWN, SEEN_RARELY, COMMON, COMMON]


def test_equal_histograms_have_a_stability_index_of_0() -> None:
    high, low = np.arange(BINS), np.arange(BINS)[::-1]
    assert stability_index(high, high) == 0
    assert stability_index(high, low) == stability_index(low, high) > 0.2


def test_reference_survives_json() -> None:
    reference = Reference(CONSTANTS, 0.8, {"mean_score": 0.7}, np.ones(BINS), FAMILIAR)
    parsed = Reference.parse(json.loads(json.dumps(reference.to_json())))
    assert (parsed.constants, parsed.f1, parsed.traits) == (CONSTANTS, 0.8, {"mean_score": 0.7})
    assert parsed.familiar.tolist() == [*FAMILIAR.tolist(), UNKNOWN], "filled up to a byte"


@pytest.mark.parametrize("damage", [{"histogram": [1]}, {"vocabulary": "?"}, {"constants": {}}, {"f1": None}])
def test_damaged_reference_is_refused(damage: dict[str, object]) -> None:
    content = Reference(CONSTANTS, 0.8, {}, np.ones(BINS), FAMILIAR).to_json() | damage
    with pytest.raises((ValueError, TypeError)):
        Reference.parse(content)
