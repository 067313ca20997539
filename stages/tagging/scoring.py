"""Scores of word labels: one gold and one predicted label a word, whatever was done to sub-words."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from seqeval.metrics import accuracy_score, classification_report
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import precision_recall_fscore_support

from tagging.labels import Kind

# Enough to see any real change, few enough that the last bits of a float are no difference in a diff.
DIGITS = 6


def score(gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]], kind: Kind) -> dict[str, Any]:
    """Score predicted labels.

    For ``spans``, seqeval's default mode, which is conlleval's rule (Tjong Kim Sang and Buchholz, 2000): an entity is
    right when its type and both of its ends are; overall precision, recall and F1 are micro-averages over entities.
    For ``tags``, scikit-learn's: overall ones are macro-averages over the tags that occur in gold, F1 the mean of
    the tags' F1. Accuracy is the share of words with the right label in both. A ratio of nothing to nothing is 0.

    Args:
        gold: label names, a list a sentence, one a word.
        predicted: the same shape.
        kind: how the labels are to be read.

    Returns:
        ``{"overall": {precision, recall, f1, accuracy, number}, "per_type": {TYPE: {precision, recall, f1,
        number}}}``, where number counts gold entities, or gold words; types sorted by name.
    """
    return _score_spans(gold, predicted) if kind == "spans" else _score_tags(gold, predicted)


def _score_spans(gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]) -> dict[str, Any]:
    gold, predicted = [list(row) for row in gold], [list(row) for row in predicted]
    accuracy = float(accuracy_score(gold, predicted))
    if not any(tag != "O" for rows in (gold, predicted) for row in rows for tag in row):
        # seqeval can't report on nothing at all.
        return {"overall": _numbers(0.0, 0.0, 0.0, 0, accuracy), "per_type": {}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        report = classification_report(gold, predicted, output_dict=True, zero_division=0)
    overall = report["micro avg"]
    types = sorted(set(report) - {"micro avg", "macro avg", "weighted avg"})
    return {
        "overall": _numbers(overall["precision"], overall["recall"], overall["f1-score"], overall["support"], accuracy),
        "per_type": {
            kind: _numbers(*(report[kind][key] for key in ("precision", "recall", "f1-score", "support")))
            for kind in types
        },
    }


def _score_tags(gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]) -> dict[str, Any]:
    flat_gold = [tag for row in gold for tag in row]
    flat_predicted = [tag for row in predicted for tag in row]
    tags = sorted(set(flat_gold))
    each = precision_recall_fscore_support(flat_gold, flat_predicted, labels=tags, zero_division=0)
    right = sum(a == b for a, b in zip(flat_gold, flat_predicted, strict=True))
    precision, recall, f1 = (float(values.mean()) for values in each[:3])
    return {
        "overall": _numbers(precision, recall, f1, len(flat_gold), right / len(flat_gold)),
        "per_type": {tag: _numbers(*(values[place] for values in each)) for place, tag in enumerate(tags)},
    }


def _numbers(
    precision: float, recall: float, f1: float, number: int, accuracy: float | None = None
) -> dict[str, float | int]:
    numbers: dict[str, float | int] = {
        "precision": round(float(precision), DIGITS),
        "recall": round(float(recall), DIGITS),
        "f1": round(float(f1), DIGITS),
    }
    if accuracy is not None:
        numbers["accuracy"] = round(accuracy, DIGITS)
    return numbers | {"number": int(number)}
