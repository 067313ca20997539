"""Calibration: how well scores predict the share of correct entities (Guo et al., 2017)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from tagline.labels.tagged import TaggedSentence, flatten
from tagline.metrics.scores import rounded

BINS = 10


def reliability(sentences: Sequence[TaggedSentence]) -> pd.DataFrame:
    """Group predicted entities (spans) or words (tags) into ten bins by score.

    Args:
        sentences: with gold labels. Words without sub-words, whose score is 0, are left out.

    Returns:
        One row per non-empty bin: bin (its boundaries), confidence (mean score), accuracy (share of correct
        predictions), number (of predictions).
    """
    flat = flatten(sentences)
    correct = np.zeros(len(flat.confidences))
    correct[flat.correct[1]] = 1
    table = pd.DataFrame({"confidence": flat.confidences, "accuracy": correct})
    table = table[table["confidence"] > 0]
    index = np.minimum((table["confidence"].to_numpy() * BINS).astype(np.int64), BINS - 1)
    grouped = table.groupby(index)
    bins = grouped.mean().assign(number=grouped.size())
    bins.insert(0, "bin", [f"{low / BINS:.1f}-{(low + 1) / BINS:.1f}" for low in bins.index])
    return bins.reset_index(drop=True)


def calibration(bins: pd.DataFrame) -> dict[str, float | int]:
    """Compute the expected calibration error: the mean gap between confidence and accuracy over bins.

    Args:
        bins: what `reliability` returned.

    Returns:
        ``{ece, confidence, accuracy, number}``; only ``{number: 0}`` without predictions. A model whose confidence is
        above its accuracy is overconfident.
    """
    number = int(bins["number"].sum())
    if not number:
        return {"number": 0}
    share = bins["number"] / number
    values = bins.assign(ece=(bins["confidence"] - bins["accuracy"]).abs())
    means = {name: rounded((share * values[name]).sum()) for name in ("ece", "confidence", "accuracy")}
    return {**means, "number": number}
