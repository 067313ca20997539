"""Operating point: the recall or precision that types should reach, and what splits reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tagline.core.errors import UserError
from tagline.evaluation.evaluate_params import Bootstrap, OperatingPoint
from tagline.evaluation.promise import Promise
from tagline.labels.label_list import Labels
from tagline.labels.tagged import TaggedSentence, flatten
from tagline.labels.windows import Doubles, Ints
from tagline.metrics.counts import ratios
from tagline.metrics.found import How, Measure, count_found
from tagline.metrics.resampling import interval, weights
from tagline.metrics.scores import DIGITS


class Goal(NamedTuple):
    """What a type should reach.

    Attributes:
        type: of the entities.
        measure: recall or precision.
        value: its minimum.
        found: when an entity counts as found, see `count_found`.
        confidence: with which later texts reach the value; None: validation reaches it.
    """

    type: str
    measure: Measure
    value: float
    found: How = "exact"
    confidence: float | None = None


class Found(NamedTuple):
    """The bias of a type with a target.

    Attributes:
        bias: 0 if no bias reaches the target.
        highest: the highest value on validation with any bias, if that is below the target; else None.
        promise: what the test of a promise says, if the target has a confidence.
    """

    bias: float
    highest: float | None = None
    promise: Promise | None = None


def targets_of(params: OperatingPoint, labels: Labels) -> list[Goal]:
    """List the targets in ``evaluate.operating_point``, sorted by type.

    Raises:
        UserError: a type is not in the label list, or words of plain tags should be covered.
    """
    recall, precision = params.recall or {}, params.precision or {}
    targets = [Goal(name, "recall", of.at_least, of.found, of.confidence) for name, of in recall.items()]
    targets += [Goal(name, "precision", value) for name, value in precision.items()]
    for target in targets:
        if target.type not in labels.types:
            raise UserError(
                f"evaluate.operating_point.{target.measure}: the task {labels.task} does not have the type "
                f"{target.type}; expected one of {', '.join(sorted(labels.types))}"
            )
        if target.found == "covered" and labels.kind == "tags":
            raise UserError(
                f"evaluate.operating_point.recall.{target.type}.found: the task {labels.task} has a tag for each word, "
                "so that all words are covered; expected exact"
            )
    return sorted(targets, key=lambda target: target.type)


def by_split(metrics: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Choose what `report` says of each split from the metrics of all splits; empty without an operating point."""
    return {split: scores["operating_point"] for split, scores in metrics.items() if "operating_point" in scores}


def measure_of(point: Mapping[str, Any]) -> str:
    """Name the measure of what `report` says of a type."""
    return f"{'covered ' * (point['found'] == 'covered')}{point['measure']}"


def report(
    sentences: Sequence[TaggedSentence],
    documents: Ints | None,
    targets: Sequence[Goal],
    found: Mapping[str, Found],
    bootstrap: Bootstrap,
) -> dict[str, Any]:
    """Describe what a split reaches.

    Args:
        sentences: of the split.
        documents: of promises: the number of the document of each sentence, from 0; None if they are not known.
        targets: what to reach.
        found: the bias of each type.
        bootstrap: for the intervals, over sentences or documents.

    Returns:
        ``{TYPE: {measure, found, target, bias, value, low, high, reached}}``: the value of the measure with its 95 %
        interval, and whether it is at least the target. If no bias reaches the target on validation, also
        highest_on_validation; for a promise, also promise: the fields of `Promise` and its statement.
    """
    flat = flatten(sentences)
    counted = [count_found(flat, target.type, target.measure, target.found) for target in targets]
    if documents is not None:
        counted = [of_documents(each, documents) for each in counted]
    blocks = weights(counted[0].shape[1], bootstrap.resamples, bootstrap.seed)
    # (targets, resamples)
    resampled = np.concatenate([[_ratio(block @ each.T) for each in counted] for block in blocks], axis=1)

    def described(target: Goal, of_target: Doubles, of_resamples: Doubles) -> dict[str, Any]:
        low, high = interval(of_resamples)
        value = float(_ratio(of_target.sum(-1)))
        bias, highest, promise = found[target.type]
        point: dict[str, Any] = {
            "measure": target.measure,
            "found": target.found,
            "target": target.value,
            "bias": bias,
            "value": round(value, DIGITS),
            "low": round(float(low), DIGITS),
            "high": round(float(high), DIGITS),
            "reached": value >= target.value,
        }
        if highest is not None:
            point["highest_on_validation"] = round(highest, DIGITS)
        if promise is not None:
            statement = promise.statement(target.type, target.value, target.found)
            point["promise"] = promise._asdict() | {"statement": statement}
        return point

    return {target.type: described(target, *own) for target, *own in zip(targets, counted, resampled, strict=True)}


def of_documents(counted: Doubles, documents: Ints) -> Doubles:
    """Turn counts of sentences, (2, sentences), into the share that is found of each document, and 1 if it has any."""
    found, number = (np.bincount(documents, weights=row) for row in counted)
    return np.array([_ratio(np.stack([found, number], -1)), number > 0])


def _ratio(counted: Doubles) -> Doubles:
    """Divide those that are found by all, (..., 2); 0 divided by 0 is 0."""
    return ratios(counted[..., 0], 0, counted[..., 1]).recall
