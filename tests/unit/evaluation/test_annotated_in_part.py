"""Splits that are annotated for some types only: what is fitted to them is right, or says why it is not there."""

from types import SimpleNamespace

import numpy as np
from helpers.tagged import sentences

from tagline.artifacts.predictions import Settings
from tagline.evaluation.evaluate_params import Evaluate
from tagline.evaluation.measurement import Labelled
from tagline.evaluation.measurements.altered import AlteredForms
from tagline.evaluation.measurements.order import NOTES, measurements_of
from tagline.evaluation.promises.recall import count_found
from tagline.evaluation.scored_split import ScoredSplit
from tagline.labels import flatten

PARAMS = {"subwords_per_batch": 9, "precision": "fp32"}
PROMISE = {"precision": {"at_least": 0.9, "confidence": 0.9}}
SENTENCES = 800


def split(name, only_per=0.0):
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
        sides = np.array(
            [["B-PER", "O", "B-ORG", "O", "O"], [of_per, "O", "B-ORG" if for_org < 0.4 else "O", "O", other]]
        )
        scores.append((rng.uniform(0.6, 0.99, 5) - 0.4 * (sides[0] != sides[1])).tolist())
        if number < only_per * SENTENCES:
            sides[sides == "B-ORG"] = "O"
        gold.append(sides[0].tolist())
        predicted.append(sides[1].tolist())
    words = [[f"{name}-{number}-{word}" for word in range(5)] for number in range(SENTENCES)]
    flat = flatten(sentences(gold, predicted, words=words, scores=scores))
    return ScoredSplit("spans", flat, words_without_subwords=0, name=name, in_part=round(only_per * SENTENCES))


def evaluated(validation, test, promised="all types"):
    """Run all measurements, as the stage does; altered forms are labelled by a model, and nothing is fitted to them."""
    labels = flatten(validation.sentences).labels
    train = SimpleNamespace(labelled_words=list)
    inputs = SimpleNamespace(labels=labels, loaded={"train": train}, document_numbers=lambda _: None)
    labelled = Labelled(inputs, None, {"validation": validation, "test": test}, Settings("fp32"))
    params = Evaluate(**PARAMS, promises={promised: PROMISE})
    measurements = [each for each in measurements_of(params, labels) if not isinstance(each, AlteredForms)]
    for measurement in measurements:
        measurement.after_labels(labelled)
    metrics = {name: {} for name in labelled.splits}
    for name, of_name in labelled.splits.items():
        for measurement in measurements:
            metrics[name] |= measurement.measure(of_name)
    return labelled.settings, metrics


def test_nothing_is_said_of_all_types_if_validation_is_annotated_in_part():
    settings, metrics = evaluated(split("validation", only_per=0.5), split("test"))
    assert not settings.reference and not settings.accept
    assert settings.calibration.entities is not None and settings.calibration.outside is None
    assert metrics["test"]["calibration"]["ece"] < 0.05 < 0.2 < metrics["test"]["calibration"]["uncalibrated"]
    said = "\n".join(line for notes in NOTES for line in notes(metrics))
    for part in (
        "validation: 400 of 800 sentences are annotated for some types only; there, predictions of other types are O",
        "Nothing is promised of all types: 400 of 800 sentences of validation are annotated for some types only; prom",
        "validation: scores of all types are calibrated on those that its sentences are annotated for",
        "F1 of texts without labels is not estimated; validation is not annotated in full",
    ):
        assert part in said


def test_type_that_is_annotated_everywhere_is_promised():
    settings, metrics = evaluated(split("validation", only_per=1), split("test"), "PER")
    assert settings.accept.keys() == {"PER"}
    assert metrics["test"]["promises"]["precision"]["PER"]["precision"] >= 0.9


def test_recall_is_that_of_the_annotated_type():
    whole, part = (flatten(split("validation", only_per).sentences) for only_per in (0, 1))
    assert (count_found(part, "PER") == count_found(whole, "PER")).all()
    assert not count_found(part, "ORG")[1].any(), "evaluate prints that validation does not have it"


def test_test_that_is_annotated_in_part_is_not_estimated():
    for only_per in (0, 0.5):
        _, metrics = evaluated(split("validation"), split("test", only_per))
        assert ("expected" in metrics["test"]) == (not only_per)
