"""Operating point: its params, and what a split reaches."""

import math

import pytest
from helpers.messages import message_of
from helpers.tagged import sentences
from pydantic import ValidationError

from tagline.evaluation.evaluate_params import Bootstrap, OperatingPoint
from tagline.evaluation.measurements.operating_point import report
from tagline.evaluation.targets import TypeBias, TypeTarget, targets_of
from tagline.labels.label_list import Labels
from tagline.metrics.resampling import intervals
from tagline.metrics.scores import count

LABELS = Labels("ner", "spans", ("O", "B-X", "I-X", "B-Y", "I-Y"), "O")


def test_targets_are_sorted_by_type() -> None:
    assert targets_of(OperatingPoint(), LABELS) == targets_of(OperatingPoint(recall={}), LABELS) == []
    params = OperatingPoint(recall={"Y": 0.95, "X": 0.9})
    assert targets_of(params, LABELS) == [TypeTarget("X", 0.9), TypeTarget("Y", 0.95)]
    message = "evaluate.operating_point.recall: the task ner does not have the type B-X; expected one of X, Y"
    assert message_of(targets_of, OperatingPoint(recall={"B-X": 0.5}), LABELS) == message
    promise = OperatingPoint(recall={"X": {"at_least": 0.95, "confidence": 0.9, "found": "covered"}})
    assert targets_of(promise, LABELS) == [TypeTarget("X", 0.95, "covered", 0.9)]
    message = "recall.X.found: the task pos has a tag for each word, so that all words are covered; expected exact"
    assert message_of(targets_of, promise, Labels("pos", "tags", ("X", "Y"), "X")).endswith(message)


def test_each_type_has_one_share_as_its_target() -> None:
    for share in (1.0, 0, math.nan):
        with pytest.raises(ValidationError, match="should be (less|greater) than"):
            OperatingPoint(recall={"X": share})
    promise = {"at_least": 0.95, "confidence": 0.9}
    with pytest.raises(ValidationError, match="X with a confidence, Y without; expected one for all or for none"):
        OperatingPoint(recall={"X": promise, "Y": 0.8})
    for target in ("high", {"at_least": 0.9, "confident": 0.9}):
        with pytest.raises(ValidationError, match="expected a number, or a mapping with at_least, confidence and fou"):
            OperatingPoint(recall={"X": target})


def test_value_of_each_target_is_reported_with_its_interval() -> None:
    gold = ["B-X O B-Y", "B-X O", "B-X B-Y", "O O"]
    predicted = ["B-X O B-Y", "O O", "B-X B-X", "B-X O"]
    split = sentences(gold, predicted)
    targets = [TypeTarget("X", 0.5), TypeTarget("Y", 0.6), TypeTarget("Z", 0.5)]
    biases = {"X": TypeBias(0.5), "Y": TypeBias(1.0), "Z": TypeBias(0.0, 0.25)}
    found = report(split, None, targets, biases, Bootstrap(resamples=100, seed=1))
    assert "highest_on_validation" not in found["X"]
    about_x = {"measure": "recall", "target": 0.5, "bias": 0.5, "value": 0.666667, "reached": True}
    assert found["X"].items() >= about_x.items()
    assert found["Y"].items() >= {"value": 0.5, "bias": 1.0, "reached": False}.items()
    about_z = {"value": 0, "low": 0, "high": 0, "reached": False, "highest_on_validation": 0.25}
    assert found["Z"].items() >= about_z.items()
    # Only X is predicted or in gold: its interval is that of all types together.
    only = sentences(["B-X O", "B-X O", "O O"], ["B-X B-X", "O O", "O O"])
    of_x = report(only, None, targets[:1], {"X": TypeBias(0.0)}, Bootstrap(resamples=100, seed=1))["X"]
    assert {"low": of_x["low"], "high": of_x["high"]} == intervals(count(only, "spans"), 100, 1)["overall"]["recall"]
