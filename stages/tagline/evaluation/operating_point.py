"""Operating point: the recall or precision that types should reach, and what splits reach."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np

from tagline.evaluation.evaluate_params import Bootstrap, FoundIf, OperatingPoint
from tagline.evaluation.promise import Promise
from tagline.labels.entities import is_outside
from tagline.labels.label_list import Labels
from tagline.labels.tagged import TaggedSentence, TaggedSentences, flatten
from tagline.labels.windows import Doubles, Ints
from tagline.metrics.resampling import interval, weights
from tagline.metrics.scores import divide, rounded
from tagline.terminal.errors import UserError

Measure = Literal["recall", "precision"]


class TypeTarget(NamedTuple):
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
    found: FoundIf = "exact"
    confidence: float | None = None


class TypeBias(NamedTuple):
    """The bias of a type with a target.

    Attributes:
        bias: 0 if no bias reaches the target.
        highest: the highest value on validation with any bias, if that is below the target; else None.
        promise: what the test of a promise says, if the target has a confidence.
    """

    bias: float
    highest: float | None = None
    promise: Promise | None = None


def targets_of(params: OperatingPoint, labels: Labels) -> list[TypeTarget]:
    """List the targets in ``evaluate.operating_point``, sorted by type.

    Raises:
        UserError: a type is not in the label list, or words of plain tags should be covered.
    """
    recall, precision = params.recall or {}, params.precision or {}
    targets = [TypeTarget(name, "recall", of.at_least, of.found, of.confidence) for name, of in recall.items()]
    targets += [TypeTarget(name, "precision", value) for name, value in precision.items()]
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


def by_split(metrics: Mapping[str, Mapping[str, Any]], name: str = "operating_point") -> dict[str, dict[str, Any]]:
    """Choose what `report` says of each split, or another entry of the metrics; empty if they do not have it."""
    return {split: scores[name] for split, scores in metrics.items() if name in scores}


def measure_of(point: Mapping[str, Any]) -> str:
    """Name the measure of what `report` says of a type."""
    return f"{'covered ' * (point['found'] == 'covered')}{point['measure']}"


def report(
    sentences: Sequence[TaggedSentence],
    documents: Ints | None,
    targets: Sequence[TypeTarget],
    found: Mapping[str, TypeBias],
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
    resampled = np.concatenate([[divide(*(block @ each.T).T) for each in counted] for block in blocks], axis=1)
    points = {}
    for target, of_target, lows, highs in zip(targets, counted, *interval(resampled.T), strict=True):
        value = float(divide(*of_target.sum(-1)))
        bias, highest, promise = found[target.type]
        point: dict[str, Any] = {
            "measure": target.measure,
            "found": target.found,
            "target": target.value,
            "bias": bias,
            "value": rounded(value),
            "low": rounded(lows),
            "high": rounded(highs),
            "reached": value >= target.value,
        }
        if highest is not None:
            point["highest_on_validation"] = rounded(highest)
        if promise is not None:
            statement = promise.statement(target.type, target.value, target.found)
            point["promise"] = promise._asdict() | {"statement": statement}
        points[target.type] = point
    return points


def count_found(sentences: TaggedSentences, type_: str, measure: Measure, found: FoundIf = "exact") -> Doubles:
    """Count the entities of a type in each sentence; for plain tags, the words.

    Args:
        sentences: with gold labels.
        type_: of the entities.
        measure: recall counts gold entities, precision predicted ones.
        found: exact: gold and predicted entity have the same type and boundaries. covered: each word of the gold entity
            is in a predicted entity of any type; for recall.

    Returns:
        (2, sentences): those that are found or right, and all; the measure is the ratio of their sums.
    """
    side = 0 if measure == "recall" else 1
    entities = (sentences.gold_entities, sentences.predicted_entities)[side]
    if found == "covered":
        # The number of such words before each word.
        outside = np.cumsum(np.append(0, is_outside(sentences.predicted, sentences.labels)))
        right = outside[entities.start] == outside[entities.end]
    else:
        right = sentences.correct[side]
    of_type = np.array([name == type_ for name in entities.types], bool)[entities.type]
    owners = [sentences.sentences_of(entities.start[chosen]) for chosen in (of_type & right, of_type)]
    return np.array([np.bincount(each, minlength=len(sentences)) for each in owners], np.float64)


def of_documents(counted: Doubles, documents: Ints) -> Doubles:
    """Turn counts of sentences into the share that is found of each document, and 1 if it has any.

    Args:
        counted: (2, sentences), see `count_found`.
        documents: int64 (sentences,), the number of the document of each sentence, from 0.

    Returns:
        float64 (2, documents).
    """
    found, number = (np.bincount(documents, weights=row) for row in counted)
    return np.array([divide(found, number), number > 0])
