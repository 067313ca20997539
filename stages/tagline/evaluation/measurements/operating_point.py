"""Operating point: the recall that types should reach, the biases with which they do, and what splits reach."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from tabulate import tabulate

from tagline.evaluation.bias_search import count_at_each_step, find_biases, promised_biases
from tagline.evaluation.evaluate_params import Bootstrap, OperatingPoint
from tagline.evaluation.measurement import Entries, Measurement, Metrics, by_split
from tagline.evaluation.scored_split import ScoredSplit
from tagline.evaluation.splits import SPLITS, VALIDATION
from tagline.evaluation.targets import TypeBias, TypeTarget, count_found, of_documents, targets_of
from tagline.labels.label_list import Biases, Labels
from tagline.labels.tagged import TaggedSentence, flatten
from tagline.labels.windows import Ints
from tagline.metrics.resampling import interval, weights
from tagline.metrics.scores import divide, rounded
from tagline.terminal.escaping import printable

if TYPE_CHECKING:
    from tagline.evaluation.inputs import Inputs
    from tagline.model.heads.head import Head
    from tagline.model.prediction import Chunk


class TargetRecall(Measurement):
    """The recall of types with a target, which a bias on their scores reaches.

    Args:
        params: ``evaluate.operating_point``.
        bootstrap: for the intervals.
        labels: the task's label list.

    Raises:
        UserError: a target does not fit the labels.
    """

    def __init__(self, params: OperatingPoint, bootstrap: Bootstrap, labels: Labels) -> None:
        self.targets = targets_of(params, labels)
        self.bootstrap = bootstrap
        self.biases: dict[str, TypeBias] = {}
        self.needs_scores = bool(self.targets)
        self.needs_documents = any(target.confidence for target in self.targets)

    def choose_biases(self, validation: Iterable[Chunk], inputs: Inputs, head: Head) -> Biases:
        if not self.targets:
            return {}
        gold = inputs.loaded[VALIDATION].gold()
        if self.needs_documents:
            documents = inputs.documents[VALIDATION]
            counts = count_at_each_step(validation, gold, head, self.targets, documents)
            self.biases = promised_biases(counts, self.targets, of_documents=documents is not None)
        else:
            self.biases = find_biases(validation, gold, head, self.targets)
        return {name: of_type.bias for name, of_type in self.biases.items() if of_type.bias}

    def measure(self, split: ScoredSplit) -> Entries:
        if not self.targets:
            return {}
        point = report(split.sentences, split.documents, self.targets, self.biases, self.bootstrap)
        return {"operating_point": point}


def report(
    sentences: Sequence[TaggedSentence],
    documents: Ints | None,
    targets: Sequence[TypeTarget],
    biases: Mapping[str, TypeBias],
    bootstrap: Bootstrap,
) -> dict[str, Any]:
    """Describe what a split reaches.

    Args:
        sentences: of the split.
        documents: the number of the document of each sentence, from 0; None if they are not known.
        targets: what to reach.
        biases: of each type.
        bootstrap: for the intervals, over sentences or documents.

    Returns:
        ``{TYPE: {measure, found, target, bias, value, low, high, reached}}``: the recall with its 95 % interval, and
        whether it is at least the target. If no bias reaches the target on validation, also highest_on_validation; for
        a promise, also promise: the fields of `Promise` and its statement.
    """
    flat = flatten(sentences)
    counts = []
    for target in targets:
        of_target = count_found(flat, target.type, target.found)
        counts.append(of_target if documents is None else of_documents(of_target, documents))
    resampled = []  # (targets, resamples) of each block
    for block in weights(counts[0].shape[1], bootstrap.resamples, bootstrap.seed):
        sums = [block @ of_target.T for of_target in counts]  # (resamples, 2) each
        resampled.append([divide(of_target[:, 0], of_target[:, 1]) for of_target in sums])
    lows, highs = interval(np.concatenate(resampled, axis=1).T)
    points = {}
    for target, of_target, low, high in zip(targets, counts, lows, highs, strict=True):
        found, number = of_target.sum(-1)
        value = float(divide(found, number))
        bias, highest, promise = biases[target.type]
        point: dict[str, Any] = {
            "measure": "recall",
            "found": target.found,
            "target": target.value,
            "bias": bias,
            "value": rounded(value),
            "low": rounded(low),
            "high": rounded(high),
            "reached": value >= target.value,
        }
        if highest is not None:
            point["highest_on_validation"] = rounded(highest)
        if promise is not None:
            statement = promise.statement(target.type, target.value, target.found)
            point["promise"] = promise._asdict() | {"statement": statement}
        points[target.type] = point
    return points


def notes(metrics: Metrics) -> Iterator[str]:
    """Lay out what the types reach, and say which targets are not reached, or what is promised."""
    points = by_split(metrics, "operating_point", SPLITS)
    if not points:
        return
    rows = []
    for name, point in points[VALIDATION].items():
        covered = "covered " if point["found"] == "covered" else ""
        values = ["{value:.3f} ({low:.3f}-{high:.3f})".format(**of_split[name]) for of_split in points.values()]
        target = f"{covered}recall >= {point['target']:g}"
        rows.append([printable(name), target, f"{point['bias']:+g}", *values])
    yield tabulate(rows, ("type", "target", "bias", *points), tablefmt="simple", disable_numparse=True)
    for name, point in points[VALIDATION].items():
        of_type = metrics[VALIDATION]["per_type"].get(name, {"number": 0})
        yield from _of_target(printable(name), point, of_type["number"])


def _of_target(name: str, point: Mapping[str, Any], number: int) -> Iterator[str]:
    """Say what a type does not reach on validation, which has a number of its entities, or what is promised of it."""
    if "promise" in point:
        yield f"evaluate.operating_point.recall: {printable(point['promise']['statement'])}"
    elif number == 0:
        yield (
            f"evaluate.operating_point.recall: validation does not have {name}; expected some; annotate it, or remove "
            "the target"
        )
    elif "highest_on_validation" in point:
        yield (
            f"evaluate.operating_point.recall: {name} does not reach {point['target']:g} on validation, but at most "
            f"{point['highest_on_validation']:.3f} with any bias, so it gets none; lower the target or improve "
            "the model"
        )
    elif not point["reached"]:
        yield (
            f"evaluate.operating_point.recall: {name} does not reach {point['target']:g} on validation, but "
            f"{point['value']:.3f} with the targets of the other types; lower the target or improve the model"
        )
