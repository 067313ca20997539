"""Outcomes: what became of each gold and each predicted span of a sentence, and which sentences went wrong most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tagline.labels.entities import Entity, Outcome, entities, match
from tagline.labels.label_list import Kind

CORRECT = "correct"


@dataclass(frozen=True)
class Row:
    """A sentence of the predictions: its id, its words, and of each word the labels and the predicted one's score."""

    id: str
    words: Sequence[str]
    gold: Sequence[str]
    predicted: Sequence[str]
    score: npt.NDArray[np.float32]


def outcomes(row: Row, kind: Kind) -> list[Outcome]:
    """What is right and wrong in a sentence, by where it begins; of plain tags the wrong words alone."""
    if kind == "tags":
        pairs = enumerate(zip(row.gold, row.predicted, strict=True))
        return [
            Outcome("type_error", Entity(gold, place, place + 1), Entity(predicted, place, place + 1))
            for place, (gold, predicted) in pairs
            if gold != predicted
        ]
    return sorted(match(entities(row.gold), entities(row.predicted)), key=extent)


def extent(outcome: Outcome) -> tuple[int, int]:
    """The words of the gold and the predicted span together, the end not included."""
    spans = [span for span in (outcome.gold, outcome.predicted) if span]
    return min(span.start for span in spans), max(span.end for span in spans)


def confidence(row: Row, outcome: Outcome) -> float:
    """The mean probability that the model gave its labels of the outcome's words."""
    start, end = extent(outcome)
    return float(np.mean(row.score[start:end], dtype=np.float64))


def worst_first(rows: Sequence[Row], kind: Kind) -> list[tuple[int, float]]:
    """The places of the sentences with errors, each with its cost: the sum of the confidences of its errors.

    Many errors cost more than few, and those of which the model was sure more than those that it doubted. Equals
    stand as in the data.
    """
    costs = []
    for place, row in enumerate(rows):
        # Most sentences are right, and are looked at no further.
        if list(row.gold) != list(row.predicted):
            wrong = [outcome for outcome in outcomes(row, kind) if outcome.kind != CORRECT]
            if wrong:
                costs.append((place, round(sum(confidence(row, outcome) for outcome in wrong), 6)))
    return sorted(costs, key=lambda pair: -pair[1])
