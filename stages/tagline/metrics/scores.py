"""Scores of word labels: one gold and one predicted label a word, whatever was done to sub-words."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import chain
from typing import Any

from seqeval.metrics import accuracy_score
from seqeval.metrics.sequence_labeling import precision_recall_fscore_support as conlleval
from seqeval.metrics.v1 import precision_recall_fscore_support as by_scheme
from seqeval.scheme import IOB2
from sklearn.metrics import precision_recall_fscore_support

from tagline.labels.label_list import Kind
from tagline.labels.schemes import OUTSIDE, split_tag, to_iob2

Rows = Sequence[Sequence[str]]
"""Label names: a list a sentence, one a word."""

# Enough to see any real change, few enough that the last bits of a float are no difference in a diff.
DIGITS = 6


def score(gold: Rows, predicted: Rows, kind: Kind) -> dict[str, Any]:
    """Score predicted labels.

    For ``spans``, seqeval's default mode, which is conlleval's rule (Tjong Kim Sang and Buchholz, 2000): an entity is
    right when its type and both of its ends are; overall precision, recall and F1 are micro-averages over entities.
    For ``tags``, scikit-learn's: overall ones are macro-averages over the tags that occur in gold, F1 the mean of
    the tags' F1. Accuracy is the share of words with the right label in both. A ratio of nothing to nothing is 0.

    Args:
        gold: the true labels.
        predicted: the same shape.
        kind: how the labels are to be read.

    Returns:
        ``{"overall": {precision, recall, f1, accuracy, number}, "per_type": {TYPE: {precision, recall, f1,
        number}}}``, where number counts gold entities, or gold words; types sorted by name.
    """
    return _score_spans(gold, predicted) if kind == "spans" else _score_tags(gold, predicted)


def strict(gold: Rows, predicted: Rows) -> dict[str, float | int]:
    """Precision, recall, F1 and number of entities by seqeval's strict mode in IOB2: what B- does not begin is none.

    Args:
        gold: labels of spans, legal in IOB2.
        predicted: the same shape, legal or not.
    """
    precision, recall, f1, number = by_scheme(
        _lists(gold), _lists(predicted), average="micro", scheme=IOB2, zero_division=0
    )
    return numbers(precision, recall, f1, number)


def count_repaired(predicted: Rows) -> int:
    """How many labels are illegal in IOB2 where they stand, so that conlleval's rule reads them as B-."""
    return sum(_is_illegal(*pair) for row in predicted for pair in zip([None, *row], row, strict=False))


@cache  # pairs of labels
def _is_illegal(left: str | None, label: str) -> bool:
    return to_iob2(left, label, "IOB2")[1]


def _score_spans(gold: Rows, predicted: Rows) -> dict[str, Any]:
    gold, predicted = _lists(gold), _lists(predicted)
    precision, recall, f1, number = conlleval(gold, predicted, average="micro", zero_division=0)
    each = conlleval(gold, predicted, average=None, zero_division=0)
    # seqeval's report names the types, but a type called `micro avg` would be lost in it. They come sorted by name.
    labels = set(chain.from_iterable((*gold, *predicted))) - {OUTSIDE}
    types = sorted({split_tag(label)[1] for label in labels})
    return {
        "overall": numbers(precision, recall, f1, number, accuracy_score(gold, predicted)),
        "per_type": {name: numbers(*(values[place] for values in each)) for place, name in enumerate(types)},
    }


def _score_tags(gold: Rows, predicted: Rows) -> dict[str, Any]:
    flat_gold, flat_predicted = list(chain.from_iterable(gold)), list(chain.from_iterable(predicted))
    tags = sorted(set(flat_gold))
    each = precision_recall_fscore_support(flat_gold, flat_predicted, labels=tags, zero_division=0)
    right = sum(a == b for a, b in zip(flat_gold, flat_predicted, strict=True))
    precision, recall, f1 = (values.mean() for values in each[:3])
    return {
        "overall": numbers(precision, recall, f1, len(flat_gold), right / len(flat_gold)),
        "per_type": {tag: numbers(*(values[place] for values in each)) for place, tag in enumerate(tags)},
    }


def _lists(rows: Rows) -> list[list[str]]:
    """As seqeval wants them: it takes lists only."""
    return [list(row) for row in rows]


def numbers(
    precision: float, recall: float, f1: float, number: int, accuracy: float | None = None
) -> dict[str, float | int]:
    """Scores as they are written, rounded, and how many entities or words they speak of."""
    rounded: dict[str, float | int] = {
        "precision": round(float(precision), DIGITS),
        "recall": round(float(recall), DIGITS),
        "f1": round(float(f1), DIGITS),
    }
    if accuracy is not None:
        rounded["accuracy"] = round(float(accuracy), DIGITS)
    return rounded | {"number": int(number)}
