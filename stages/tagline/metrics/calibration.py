"""Calibration: whether of the entities that get a score of 0.9 nine in ten are right (Guo et al., 2017)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tagline.labels.entities import confidence, marked
from tagline.labels.label_list import Kind
from tagline.metrics.scores import DIGITS, Rows

BINS = 10


def reliability(
    gold: Rows, predicted: Rows, scores: Sequence[npt.NDArray[np.floating[Any]]], kind: Kind
) -> pd.DataFrame:
    """Put what was predicted into ten bins by its score.

    Args:
        gold: label names, a list a sentence.
        predicted: the same shape.
        scores: the same shape: the probability of each predicted label, 0 for a word that the model never saw.
        kind: spans: entities are looked at. tags: words that the model saw.

    Returns:
        A row a bin that holds any: bin (its ends), confidence (their mean score), accuracy (the share that is
        right), number.
    """
    found = list(_found(gold, predicted, scores, kind))
    table = pd.DataFrame(found, columns=["confidence", "accuracy"], dtype=np.float64)
    place = np.minimum((table["confidence"].to_numpy() * BINS).astype(np.int64), BINS - 1)
    grouped = table.groupby(place)
    bins = grouped.mean().assign(number=grouped.size())
    bins.insert(0, "bin", [f"{low / BINS:.1f}-{(low + 1) / BINS:.1f}" for low in bins.index])
    return bins.reset_index(drop=True)


def calibration(bins: pd.DataFrame) -> dict[str, float | int]:
    """The expected calibration error: how far score and share of right ones lie apart, in the mean over all of them.

    Args:
        bins: what `reliability` returned.

    Returns:
        ``{ece, confidence, accuracy, number}``, confidence above accuracy in a model that is too sure of itself; of
        no predictions their number alone.
    """
    number = int(bins["number"].sum())
    if not number:
        return {"number": 0}
    share = bins["number"] / number
    gap = (bins["confidence"] - bins["accuracy"]).abs()
    means = {
        "ece": (share * gap).sum(),
        "confidence": (share * bins["confidence"]).sum(),
        "accuracy": (share * bins["accuracy"]).sum(),
    }
    return {**{name: round(float(value), DIGITS) for name, value in means.items()}, "number": number}


def _found(
    gold: Rows, predicted: Rows, scores: Sequence[npt.NDArray[np.floating[Any]]], kind: Kind
) -> Iterator[tuple[float, bool]]:
    """The score of everything that was predicted, and whether it is right."""
    for row, found, of_words in zip(gold, predicted, scores, strict=True):
        true = set(marked(row, kind))
        for entity in marked(found, kind):
            score = confidence(entity, of_words)
            if score > 0:
                yield score, entity in true
