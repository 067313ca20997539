"""Validation that is annotated in part: what is fitted to it is right, or says why it is not there."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from helpers.tagged import sentences

from tagline.artifacts.predictions import Settings
from tagline.evaluation.evaluate_params import Evaluate
from tagline.evaluation.measurement import Labelled
from tagline.evaluation.measurements.altered import AlteredForms
from tagline.evaluation.measurements.order import NOTES, measurements_of
from tagline.evaluation.promises.recall import count_found
from tagline.evaluation.scored_split import ScoredSplit
from tagline.labels.tagged import flatten

PARAMS: dict[str, Any] = {
    "subwords_per_batch": 9,
    "precision": "fp32",
    "decoding": "greedy",
    "promises": {"all types": {"precision": {"at_least": 0.9, "confidence": 0.9}}},
    "bootstrap": {"resamples": 100, "seed": 1},
}
SENTENCES = 800


def split(name: str, only_per: float = 0.0) -> ScoredSplit:
    """Sentences with a PER and an ORG, of which the model finds 0.97 and 0.4, and takes some PER for ORG.

    Args:
        name: of the split, which has sentences of its own.
        only_per: the share of the sentences of which PER alone is annotated.
    """
    rng = np.random.default_rng(len(name))
    gold, predicted, scores = [], [], []
    for number in range(SENTENCES):
        for_per, for_org, for_other = rng.random(3)
        of_per = "B-PER" if for_per < 0.97 else "B-ORG" if for_per < 0.98 else "O"
        other = "B-ORG" if for_other < 0.6 else "B-PER" if for_other < 0.63 else "O"
        row = ["B-PER", "O", "B-ORG", "O", "O"]
        found = [of_per, "O", "B-ORG" if for_org < 0.4 else "O", "O", other]
        sure = rng.uniform(0.6, 0.99, 5) - [
            0.4 * (of_row != of_found) for of_row, of_found in zip(row, found, strict=True)
        ]
        if number < only_per * SENTENCES:
            row = [label if label == "B-PER" else "O|B-ORG" for label in row]
        gold.append(row)
        predicted.append(found)
        scores.append(sure.tolist())
    words = [[f"{name}-{number}-{word}" for word in range(5)] for number in range(SENTENCES)]
    flat = flatten(sentences(gold, predicted, words=words, scores=scores))
    return ScoredSplit("spans", flat, words_without_subwords=0, name=name)


def evaluated(validation: ScoredSplit, test: ScoredSplit) -> tuple[Settings, dict[str, dict[str, Any]]]:
    """Run all measurements, as the stage does; altered forms are labelled by a model, and nothing is fitted to them."""
    splits = {"validation": validation, "test": test}
    labels = flatten(validation.sentences).labels
    inputs: Any = SimpleNamespace(labels=labels, loaded={"train": SimpleNamespace(labelled_words=list)})
    predictor: Any = None
    labelled = Labelled(inputs, predictor, splits, Settings("greedy", "fp32"))
    measurements = [each for each in measurements_of(Evaluate(**PARAMS), labels) if not isinstance(each, AlteredForms)]
    for measurement in measurements:
        measurement.after_labels(labelled)
    metrics: dict[str, dict[str, Any]] = {name: {} for name in splits}
    for name, of_name in labelled.splits.items():
        for measurement in measurements:
            metrics[name] |= measurement.measure(of_name)
    return labelled.settings, metrics


def notes_of(metrics: dict[str, dict[str, Any]]) -> str:
    return "\n".join(line for notes in NOTES for line in notes(metrics))


def test_sentences_that_are_annotated_in_full_give_the_constants_of_all():
    whole, _ = evaluated(split("validation"), split("test"))
    half, metrics = evaluated(split("validation", only_per=0.5), split("test"))
    constants, of_half = whole.reference["constants"], half.reference["constants"]
    assert of_half.pop("entities") < 0.6 * constants.pop("entities")
    assert of_half == pytest.approx(constants, abs=0.05, rel=0.2)
    estimated = metrics["test"]["expected"]["f1"]
    assert estimated["low"] < metrics["test"]["overall"]["f1"] < estimated["high"]
    assert metrics["test"]["calibration"]["ece"] < 0.05 < 0.2 < metrics["test"]["calibration"]["uncalibrated"]


def test_promise_for_all_types_does_not_count_those_more_that_are_annotated_more_often():
    settings, metrics = evaluated(split("validation", only_per=0.9), split("test"))
    assert settings.accept.keys() == {"PER", "ORG"}
    assert metrics["test"]["promises"]["precision"]["all types"]["precision"] >= 0.9


def test_types_that_validation_lacks_are_not_promised_and_nothing_is_estimated():
    settings, metrics = evaluated(split("validation", only_per=1), split("test"))
    assert not settings.reference
    assert settings.accept.keys() == {"PER"}
    assert metrics["test"]["promises"]["precision"]["all types"]["precision"] >= 0.9
    assert metrics["validation"]["calibration"]["ece"] < 0.02, "ORG that is a PER is no sample of ORG"
    said = notes_of(metrics)
    for part in (
        "wrong there; only of PER: validation does not have other types annotated",
        "validation: scores of all types are calibrated as those of PER: other types are not annotated there",
        "is not estimated; 0 of 800 sentences are annotated in full, with 0 predictions, 0 of them right; expected at",
    ):
        assert part in said


def test_recall_is_that_of_the_annotated_type():
    whole, part = (flatten(split("validation", only_per).sentences) for only_per in (0, 1))
    assert (count_found(part, "PER") == count_found(whole, "PER")).all()
    assert not count_found(part, "ORG")[1].any(), "evaluate prints that validation does not have it"


def test_what_travels_of_test_does_not_depend_on_its_labels():
    whole, part = (evaluated(split("validation"), split("test", only_per)) for only_per in (0, 1))
    assert part[1]["test"]["expected"] == whole[1]["test"]["expected"]
    assert f"true {part[1]['test']['overall']['f1']:.3f} of what is scored" in notes_of(part[1])
