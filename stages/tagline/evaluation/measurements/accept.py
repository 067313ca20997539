"""Accept: the entities above a score whose precision is promised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tabulate import tabulate

from tagline.evaluation import acceptance
from tagline.evaluation.evaluate_params import Accept
from tagline.evaluation.measurement import VALIDATION, Measurement, by_split
from tagline.evaluation.scored_split import ScoredSplit
from tagline.labels.label_list import Labels
from tagline.terminal.escaping import printable

if TYPE_CHECKING:
    from tagline.evaluation.inputs import Inputs
    from tagline.model.prediction import Predictor


class PromisedPrecision(Measurement):
    """The lowest scores above which a precision is promised, and what splits reach with them.

    Args:
        params: ``evaluate.accept``.
        labels: the task's label list.

    Raises:
        UserError: a type is not in the label list.
    """

    def __init__(self, params: Mapping[str, Accept] | None, labels: Labels) -> None:
        self.goals = acceptance.goals_of(params, labels)
        self.needs_documents = bool(self.goals)
        self.points: dict[str, dict[str, Any]] = {}

    def after_labels(
        self, splits: Mapping[str, ScoredSplit], inputs: Inputs, predictor: Predictor
    ) -> Mapping[str, ScoredSplit]:
        """Choose the scores on validation."""
        if self.goals:
            sentences = {name: split.sentences for name, split in splits.items()}
            self.points = acceptance.reports(sentences, inputs.documents[VALIDATION], self.goals)
        return splits

    def measure(self, name: str, split: ScoredSplit) -> dict[str, Any]:
        if name not in self.points:
            return {}
        return {"accept": self.points[name]}

    def settings(self) -> dict[str, Any]:
        if not self.points:
            return {}
        return {"accept": acceptance.thresholds(self.points[VALIDATION], self.goals)}


def notes(metrics: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Lay out the share of entities with at least some scores and their precision, for each promised precision."""
    points = by_split(metrics, "accept")
    for name, point in points.get(VALIDATION, {}).items():
        curves = [of_split[name]["curve"] for of_split in points.values()]
        rows = []
        for at_score in zip(*curves, strict=True):  # the same scores in each split
            score = at_score[0]["score"]
            is_lowest = score == point.get("score")
            rows.append([f"{score:.6g} *" if is_lowest else f"{score:.6g}", *map(_reached, at_score)])
        headers = (f"score of {printable(name)}", *(f"{split}, share (precision)" for split in points))
        yield tabulate(rows, headers, tablefmt="simple", disable_numparse=True)
        yield f"evaluate.accept: {printable(point['statement'])}"


def _reached(at_score: Mapping[str, float]) -> str:
    if "precision" not in at_score:
        return "none"
    return f"{at_score['share']:.1%} ({at_score['precision']:.3f})"
