"""Targets: the recall that types should reach, and what is counted for it."""

from typing import NamedTuple

import numpy as np

from tagline.evaluation.evaluate_params import FoundIf, OperatingPoint
from tagline.evaluation.promise import Promise
from tagline.labels.entities import is_outside
from tagline.labels.label_list import Labels
from tagline.labels.tagged import TaggedSentences
from tagline.labels.windows import Doubles, Ints
from tagline.metrics.scores import divide
from tagline.terminal.errors import UserError


class TypeTarget(NamedTuple):
    """The recall that a type should reach.

    Attributes:
        type: of the entities.
        value: its minimum.
        found: when an entity counts as found, see `count_found`.
        confidence: with which later texts reach the value; None: validation reaches it.
    """

    type: str
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
    targets = []
    for name, recall in sorted((params.recall or {}).items()):
        if name not in labels.types:
            raise UserError(
                f"evaluate.operating_point.recall: the task {labels.task} does not have the type {name}; expected one "
                f"of {', '.join(sorted(labels.types))}"
            )
        if recall.found == "covered" and labels.kind == "tags":
            raise UserError(
                f"evaluate.operating_point.recall.{name}.found: the task {labels.task} has a tag for each word, so "
                "that all words are covered; expected exact"
            )
        targets.append(TypeTarget(name, recall.at_least, recall.found, recall.confidence))
    return targets


def count_found(sentences: TaggedSentences, type_: str, found_if: FoundIf = "exact") -> Doubles:
    """Count the gold entities of a type in each sentence; for plain tags, the words.

    Args:
        sentences: with gold labels.
        type_: of the entities.
        found_if: exact: a predicted entity has the same type and boundaries. covered: each word is in a predicted
            entity of any type.

    Returns:
        (2, sentences): those that are found, and all; the recall is the ratio of their sums.
    """
    entities = sentences.gold_entities
    if found_if == "covered":
        # The number of such words before each word.
        outside = np.cumsum(np.append(0, is_outside(sentences.predicted, sentences.labels)))
        is_found = outside[entities.start] == outside[entities.end]
    else:
        is_found = sentences.correct[0]
    is_of_type = entities.of_types([type_])
    counts = []
    for is_counted in (is_of_type & is_found, is_of_type):
        owners = sentences.sentences_of(entities.start[is_counted])
        counts.append(np.bincount(owners, minlength=len(sentences)))
    return np.array(counts, np.float64)


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
