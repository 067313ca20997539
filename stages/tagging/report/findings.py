"""Findings: what became of each gold and each predicted span of a sentence, and which sentences went wrong most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tagging.entities import Entity, entities, match
from tagging.labels import Kind

RIGHT = "right"
WRONG_TAG = "wrong_tag"


@dataclass(frozen=True)
class Row:
    """A sentence of the predictions: its id, its words, and of each word the labels and the predicted one's score."""

    id: str
    words: Sequence[str]
    gold: Sequence[str]
    predicted: Sequence[str]
    score: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Finding:
    """A gold span, a predicted one, or one of each that belong together; of plain tags, a word with two tags.

    Attributes:
        kind: right, missed, spurious, wrong_type, wrong_boundary (`tagging.entities`), or wrong_tag.
        gold: None where spurious.
        predicted: None where missed.
    """

    kind: str
    gold: Entity | None
    predicted: Entity | None

    @property
    def begin(self) -> int:
        return min(entity.begin for entity in (self.gold, self.predicted) if entity)

    @property
    def end(self) -> int:
        return max(entity.end for entity in (self.gold, self.predicted) if entity)


def findings(row: Row, kind: Kind) -> list[Finding]:
    """What is right and wrong in a sentence, by where it begins; of plain tags the wrong words alone."""
    if kind == "tags":
        return [
            Finding(WRONG_TAG, Entity(gold, place, place + 1), Entity(predicted, place, place + 1))
            for place, (gold, predicted) in enumerate(zip(row.gold, row.predicted, strict=True))
            if gold != predicted
        ]
    found = [Finding(*outcome) for outcome in match(entities(row.gold), entities(row.predicted))]
    return sorted(found, key=lambda finding: (finding.begin, finding.end))


def confidence(row: Row, finding: Finding) -> float:
    """The mean probability that the model gave its labels of the finding's words."""
    return float(np.mean(row.score[finding.begin : finding.end], dtype=np.float64))


def worst_first(rows: Sequence[Row], kind: Kind) -> list[tuple[int, float]]:
    """The places of the sentences with errors, each with its cost: the sum of the confidences of its errors.

    Many errors cost more than few, and those of which the model was sure more than those that it doubted. Equals
    stand as in the data.
    """
    costs = []
    for place, row in enumerate(rows):
        # Most sentences are right, and are looked at no further.
        if list(row.gold) != list(row.predicted):
            wrong = [finding for finding in findings(row, kind) if finding.kind != RIGHT]
            if wrong:
                costs.append((place, round(sum(confidence(row, finding) for finding in wrong), 6)))
    return sorted(costs, key=lambda pair: -pair[1])
