"""Calibration: how well scores predict the share of correct entities (Guo et al., 2017), and how to correct them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import isotonic_regression

from tagline.labels import Bools, Calibration, Floats, TaggedSentence, TaggedSentences, flatten, is_outside
from tagline.labels.label_list import Curve, log_odds
from tagline.metrics.scores import rounded

if TYPE_CHECKING:
    import pandas as pd

BINS = 10
# The fewest predictions that a curve is fitted to, and the number of them of which a share is taken.
LEAST, GROUP = 50, 25
# Log-odds that no score reaches, where the curve would be 1; at minus these, 0.
CERTAIN = 20.0
ODDS_DIGITS = 3


def reliability(sentences: Sequence[TaggedSentence]) -> pd.DataFrame:
    """Group predicted entities (spans) or words (tags) with sub-words into ten bins by score.

    Returns:
        One row per non-empty bin: bin (boundaries), confidence (mean score), accuracy (share of correct predictions),
        number (of predictions).
    """
    import pandas as pd  # not above: it takes a second, for which the table of scores does not wait

    flat = flatten(sentences)
    table = pd.DataFrame({"confidence": flat.confidences, "accuracy": flat.correct[1].astype(np.float64)})
    table = table[table["confidence"] > 0]
    index = np.minimum((table["confidence"].to_numpy() * BINS).astype(np.int64), BINS - 1)
    grouped = table.groupby(index)
    bins = grouped.mean().assign(number=grouped.size())
    bins.insert(0, "bin", [f"{low / BINS:.1f}-{(low + 1) / BINS:.1f}" for low in bins.index])
    return bins.reset_index(drop=True)


def calibration(bins: pd.DataFrame, uncalibrated: pd.DataFrame | None = None) -> dict[str, Any]:
    """Compute the expected calibration error: the mean gap between confidence and accuracy over bins.

    Args:
        bins: from `reliability`.
        uncalibrated: the same before calibration.

    Returns:
        ``{ece, confidence, accuracy, number}``, and ``uncalibrated``, the error before; ``{number: 0}`` without
        predictions.
    """
    number = int(bins["number"].sum())
    if not number:
        return {"number": 0}
    share = bins["number"] / number
    values = bins.assign(ece=(bins["confidence"] - bins["accuracy"]).abs())
    entry = {name: rounded((share * values[name]).sum()) for name in ("ece", "confidence", "accuracy")}
    if uncalibrated is not None:
        entry["uncalibrated"] = calibration(uncalibrated)["ece"]
    return {**entry, "number": number}


def fit(sentences: TaggedSentences) -> Calibration:
    """Fit a calibration to sentences of validation.

    Args:
        sentences: with gold labels, and scores of `NOT_CALIBRATED`.
    """
    scores = sentences.scores[sentences.predicted_entities.start]
    seen = scores > 0
    of_entities = fit_curve(scores[seen], sentences.correct[1][seen])
    outside = (sentences.scores > 0) & is_outside(sentences.predicted, sentences.labels)
    is_right = sentences.known_gold == sentences.predicted
    return Calibration(of_entities, fit_curve(sentences.scores[outside], is_right[outside]))


def fit_curve(scores: Floats, right: Bools) -> Curve | None:
    """Fit the share of right predictions as a rising function of their scores: isotonic regression of groups.

    Args:
        scores, right: (predictions,).

    Returns:
        None for fewer than `LEAST` predictions, or if all are right, or none is.
    """
    if len(scores) < LEAST or right.all() or not right.any():
        return None
    number = len(scores)
    order = np.argsort(scores, kind="stable")
    odds = log_odds(scores)[order]
    right = right[order]
    # Equal scores are in one group, that of their middle: odds 1 2 2 2 3 have the middles 0 2 2 2 4.
    middles = (np.searchsorted(odds, odds, "left") + np.searchsorted(odds, odds, "right") - 1) // 2
    borders = np.flatnonzero(np.diff(middles * (number // GROUP) // number, prepend=-1, append=number))
    sizes = np.diff(borders)
    # Towards the mean by one prediction, so that no share is 0 or 1.
    shares = (np.add.reduceat(right, borders[:-1], dtype=np.float64) + right.mean()) / (sizes + 1)
    rising = isotonic_regression(shares, weights=sizes)
    points = {-CERTAIN: 0.0}  # of equal scores, the lowest share
    # One point per block of groups with the same share, so that the curve rises everywhere.
    for start, end in pairwise(rising.blocks):
        block = odds[borders[start] : borders[end]]
        points.setdefault(round(float(block.mean()), ODDS_DIGITS), rounded(rising.x[start]))
    points[CERTAIN] = 1.0
    return [[odds_of_block, share] for odds_of_block, share in points.items()]


def not_fitted(measured: Mapping[str, Any]) -> str:
    number = measured["number"]
    right = round(number * measured.get("accuracy", 0))
    return f"{number:,} predictions, {right:,} of them right; expected at least {LEAST}, right and wrong ones"
