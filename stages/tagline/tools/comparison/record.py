"""Comparisons and sweeps as JSON."""

from collections.abc import Sequence
from statistics import fmean, stdev
from typing import Any

from tagline.metrics import significance
from tagline.metrics.scores import SCORE_DIGITS
from tagline.metrics.significance import Difference, significance_test
from tagline.tools.comparison.runs import Run
from tagline.tools.comparison.splits import Change, Compared, Comparison
from tagline.tools.comparison.sweeps import Sweep


def comparison_record(comparison: Comparison) -> dict[str, Any]:
    """Convert a comparison to plain values, with every change and without NaN.

    Returns:
        ``{"old": [{"revision", "commit"}], "new": [...], "rule": {...}, "notes": [...], "splits": {split:
        {"sentences", "overall": {score: {"old": {"mean", "sd", "runs"}, "new": {...}, "difference", "low",
        "high", "p", "test", "verdict"}}, "per_type": {type: the same of its F1}, "parts": {part: likewise, where
        significant}, "fixed": [...], "broken": [...]}}}``
    """
    rule = {"p": significance_test(comparison.several), "shuffles": significance.SHUFFLES}
    return {
        "old": _plain(comparison.old),
        "new": _plain(comparison.new),
        "rule": _RULE | rule,
        "notes": comparison.notes,
        "splits": {
            split.split: {"sentences": len(split.sentences)}
            | {name: _plain(getattr(split, name)) for name in ("overall", "per_type", "parts")}
            | {name: [_change(each, split) for each in split.changed(name)] for name in ("fixed", "broken")}
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
    rule = {"best": f"F1 of {sweep.splits[0]}", "difference": f"F1 of {sweep.splits[-1]}"}
    return {
        "by": sweep.keys,
        "best": sweep.best.values,
        "rule": _RULE | rule | {"p": f"{significance_test(sweep.several)}, adjusted by Holm"},
        "notes": sweep.notes,
        "settings": [
            {"values": setting.values}
            | {name: _plain(getattr(setting, name), ("old", "new")) for name in ("runs", "f1", "difference")}
            for setting in sweep.settings
        ],
    }


# How both were tested.
_RULE = {"level": significance.LEVEL, "resamples": significance.RESAMPLES, "seed": significance.SEED}
# What is written of a run and of a difference, some of it under another key.
_WRITTEN = {
    Run: {"revision": "name", "commit": "commit"},
    Difference: {name: name for name in ("old", "new", "difference", "low", "high", "p", "test", "verdict")},
}


def _plain(value: Any, left_out: Sequence[str] = ()) -> Any:
    """Convert to plain values: objects by `_WRITTEN`, a tuple of a score in each run to mean, deviation and runs."""
    if type(value) in _WRITTEN:
        names = _WRITTEN[type(value)].items()
        return {key: _plain(getattr(value, name)) for key, name in names if name not in left_out}
    if isinstance(value, dict):
        return {key: _plain(each, left_out) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each, left_out) for each in value]
    if isinstance(value, tuple):
        deviation = stdev(value) if len(value) > 1 else None
        return _plain({"mean": fmean(value), "sd": deviation, "runs": list(value)})
    return round(value, SCORE_DIGITS) if isinstance(value, float) else value


def _change(change: Change, split: Compared) -> dict[str, Any]:
    sentence = split.sentences[change.sentence]
    words, both = sentence.words, (change.entity, *change.instead)
    entity, *instead = (each._asdict() | {"text": " ".join(words[each.start : each.end])} for each in both)
    told = {"entity": entity, "in_gold": not change.false_positive, "instead": instead}
    return {"id": sentence.id, "words": words, **told}
