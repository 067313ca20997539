"""Comparisons and sweeps as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import Any

from tagline.labels.entities import Entity
from tagline.metrics.scores import SCORE_DIGITS
from tagline.tools.comparison.runs import Run
from tagline.tools.comparison.significance import (
    LEVEL,
    RESAMPLES,
    SEED,
    SHUFFLES,
    Difference,
    significance_test,
    standard_deviation,
)
from tagline.tools.comparison.splits import Change, Compared, Comparison
from tagline.tools.comparison.sweeps import Sweep


def comparison_record(comparison: Comparison) -> dict[str, Any]:
    """Convert a comparison to plain values, with every change and without NaN.

    Returns:
        ``{"old": [{"revision", "commit"}], "new": [...], "rule": {...}, "notes": [...], "splits": {split:
        {"sentences", "overall": {score: {"old": {"mean", "sd", "runs"}, "new": {...}, "difference", "low",
        "high", "p", "test", "verdict"}}, "per_type": {type: the same of its F1}, "fixed": [...], "broken": [...]}}}``
    """
    several = comparison.several
    return {
        "old": [_run_record(run) for run in comparison.old],
        "new": [_run_record(run) for run in comparison.new],
        "rule": {
            "level": LEVEL,
            "p": significance_test(several),
            "resamples": RESAMPLES,
            "shuffles": SHUFFLES,
            "seed": SEED,
        },
        "notes": comparison.notes,
        "splits": {
            split.split: {
                "sentences": len(split.sentences),
                "overall": {name: _sides(each) for name, each in split.overall.items()},
                "per_type": {name: _sides(each) for name, each in split.per_type.items()},
                "fixed": [_change(each, split) for each in split.changed("fixed")],
                "broken": [_change(each, split) for each in split.changed("broken")],
            }
            for split in comparison.splits
        },
    }


def sweep_record(sweep: Sweep) -> dict[str, Any]:
    """Convert a sweep to plain values, without NaN.

    Returns:
        ``{"by": [key], "best": {key: value}, "rule": {...}, "notes": [...], "settings": [{"values": {key: value},
        "runs": [{"revision", "commit"}], "f1": {split: {"mean", "sd", "runs"}}, "difference": {"difference", "low",
        "high", "p", "test", "verdict"}}]}``, in which the difference of the best setting is null
    """
    return {
        "by": sweep.keys,
        "best": sweep.best.values,
        "rule": {
            "level": LEVEL,
            "best": f"F1 of {sweep.splits[0]}",
            "difference": f"F1 of {sweep.splits[-1]}",
            "p": f"{significance_test(sweep.several)}, adjusted by Holm",
            "resamples": RESAMPLES,
            "seed": SEED,
        },
        "notes": sweep.notes,
        "settings": [
            {
                "values": setting.values,
                "runs": [_run_record(run) for run in setting.runs],
                "f1": {split: _scores_record(values) for split, values in setting.f1.items()},
                "difference": None if setting.difference is None else _difference_record(setting.difference),
            }
            for setting in sweep.settings
        ],
    }


def _run_record(run: Run) -> dict[str, Any]:
    return {"revision": run.name, "commit": run.commit}


def _difference_record(each: Difference) -> dict[str, Any]:
    numbers = {"difference": each.difference, "low": each.low, "high": each.high, "p": each.p}
    rounded = {name: round(number, SCORE_DIGITS) for name, number in numbers.items()}
    return rounded | {"test": each.test, "verdict": each.verdict}


def _scores_record(values: Sequence[float]) -> dict[str, Any]:
    """Convert a score in each run to plain values."""
    deviation = standard_deviation(values)
    return {
        "mean": round(fmean(values), SCORE_DIGITS),
        "sd": None if deviation is None else round(deviation, SCORE_DIGITS),
        "runs": [round(value, SCORE_DIGITS) for value in values],
    }


def _sides(each: Difference) -> dict[str, Any]:
    return {"old": _scores_record(each.old), "new": _scores_record(each.new), **_difference_record(each)}


def _change(change: Change, split: Compared) -> dict[str, Any]:
    sentence = split.sentences[change.sentence]
    words = sentence.words
    return {
        "id": sentence.id,
        "words": words,
        "entity": _entity(change.entity, words),
        "in_gold": not change.false_positive,
        "instead": [_entity(other, words) for other in change.instead],
    }


def _entity(entity: Entity, words: Sequence[str]) -> dict[str, Any]:
    return entity._asdict() | {"text": " ".join(words[entity.start : entity.end])}
