"""Promises: recalls and precisions that are chosen for on validation, and what splits reach of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tabulate import tabulate

from tagline.evaluation.measurement import Entries, Labelled, Measurement, Metrics, by_split
from tagline.evaluation.promises import precision, recall
from tagline.evaluation.promises.promises_params import ALL, TypePromises
from tagline.evaluation.scored_split import ScoredSplit
from tagline.evaluation.splits import SPLITS, VALIDATION
from tagline.labels import WHOLE, Biases, Labels
from tagline.model.prediction import score_split
from tagline.terminal import UserError, printable

if TYPE_CHECKING:
    from tagline.evaluation.inputs import EvaluationInputs
    from tagline.model.prediction import Predictor


class Promises(Measurement):
    """The recall of types, which a bias on their scores reaches, and the precision of entities above a score.

    Raises:
        UserError: a promise does not fit the labels.
    """

    def __init__(self, params: Mapping[str, TypePromises], labels: Labels) -> None:
        check(params, labels)
        self.recalls = {name: of_type.recall for name, of_type in sorted(params.items()) if of_type.recall}
        self.precisions = {name: of_type.precision for name, of_type in params.items() if of_type.precision}
        self.bias = recall.ChosenBias(0.0, False, {})
        self.scores: dict[str, precision.ChosenScore] = {}
        confident = any(of_type.confidence for of_type in self.recalls.values())
        self.needs_documents = confident or bool(self.precisions)

    def choose_biases(self, inputs: EvaluationInputs, predictor: Predictor) -> Biases:
        if not self.recalls:
            return {}
        split = inputs.loaded[VALIDATION]
        documents = inputs.document_numbers(VALIDATION) if self.needs_documents else None
        chunks = score_split(predictor, split, VALIDATION)
        self.bias = recall.choose_bias(chunks, split.gold(), predictor.head, self.recalls, documents)
        if not self.bias.bias:
            return {}
        return dict.fromkeys(self.recalls, self.bias.bias)

    def after_labels(self, labelled: Labelled) -> None:
        """Choose the lowest accepted scores; a type's own promise replaces that of all types."""
        if self.needs_documents:
            for name, split in labelled.splits.items():
                labelled.splits[name] = replace(split, documents=labelled.inputs.document_numbers(name))
        accept = {}
        of_types = [name for name in self.precisions if name not in (ALL, WHOLE)]
        for name, promise in self.precisions.items():
            choice = precision.choose_score(labelled.splits[VALIDATION], name, promise, of_types)
            self.scores[name] = choice
            if choice.score is not None:
                accept.update(dict.fromkeys(choice.types, choice.score))
        labelled.settings = labelled.settings._replace(accept=accept)

    def measure(self, split: ScoredSplit) -> Entries:
        recalls = {}
        for name, promise in self.recalls.items():
            statement = self.bias.statements[name]
            chosen = {"kept": self.bias.kept, "statement": statement, "bias": self.bias.bias}
            recalls[name] = promise.model_dump() | chosen | recall.reached(split, name, promise)
        precisions = {}
        for name, of_type in self.precisions.items():
            choice = self.scores[name]
            chosen = {"kept": choice.score is not None, "statement": choice.statement}
            precisions[name] = of_type.model_dump() | chosen | choice.reached(split)
        if not recalls and not precisions:
            return {}
        return {"promises": {"recall": recalls, "precision": precisions}}


def check(params: Mapping[str, TypePromises], labels: Labels) -> None:
    """Check that promises fit the labels.

    Raises:
        UserError: a type is not in the label list, or words of plain tags should be covered.
    """
    for name, of_type in params.items():
        if name not in labels.types and (name not in (ALL, WHOLE) or of_type.recall):
            raise UserError(
                f"evaluate.promises.{name}: the task {labels.task} does not have this type; expected one of "
                f"{', '.join(sorted(labels.types))}, or for a precision {ALL} or {WHOLE}"
            )
        if of_type.recall and of_type.recall.found == "covered" and labels.kind == "tags":
            raise UserError(
                f"evaluate.promises.{name}.recall.found: the task {labels.task} has a tag for each word, so that all "
                "words are covered; expected exact"
            )


def table(metrics: Metrics, splits: Iterable[str] | None = None) -> list[tuple[str, ...]]:
    """Lay out what is promised of which type, what is chosen for that, and what each split reaches.

    The first row has headers; without promises, there are no rows.
    """
    points = by_split(metrics, "promises", splits)
    if not points:
        return []
    rows: list[tuple[str, ...]] = [("type", "promise", "chosen", *points)]
    for name, point in points[VALIDATION]["recall"].items():
        covered = "covered " if point["found"] == "covered" else ""
        values = ["{value:.3f} ({low:.3f}-{high:.3f})".format(**split["recall"][name]) for split in points.values()]
        rows.append((name, f"{covered}recall >= {point['at_least']:g}", f"bias {point['bias']:+g}", *values))
    for name, point in points[VALIDATION]["precision"].items():
        chosen = f"score {point['score']:.3g}" if "score" in point else "none"
        values = [_accepted(split["precision"][name]) for split in points.values()]
        rows.append((name, f"precision >= {point['at_least']:g}", chosen, *values))
    return rows


def _accepted(point: Mapping[str, Any]) -> str:
    if "precision" not in point:
        return "none"
    return f"{point['precision']:.3f} of {point['share']:.1%}"


def statements(metrics: Metrics) -> list[str]:
    """What validation says of each promise."""
    points = by_split(metrics, "promises").get(VALIDATION, {})
    return [point["statement"] for of_measure in points.values() for point in of_measure.values()]


def notes(metrics: Metrics) -> Iterator[str]:
    """Lay out what the splits reach, and say what is promised."""
    rows = [(printable(name), *others) for name, *others in table(metrics, SPLITS)]
    if rows:
        yield tabulate(rows, "firstrow", tablefmt="simple", disable_numparse=True)
    for statement in statements(metrics):
        yield f"evaluate.promises: {printable(statement)}"
