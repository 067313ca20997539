"""Comparisons as JSON."""

from collections.abc import Mapping, Sequence
from statistics import fmean, stdev
from typing import Any

from tagline.comparison.runs import Run
from tagline.comparison.splits import Change, Comparison
from tagline.labels import Entity
from tagline.metrics import significance
from tagline.metrics.scores import rounded
from tagline.metrics.significance import Difference, significance_test


def comparison_record(comparison: Comparison) -> dict[str, Any]:
    """Convert a comparison to plain values, with every change and without NaN.

    Returns:
        ``{"old": [{"revision", "commit"}], "new": [...], "rule": {...}, "notes": [...], "splits": {split:
        {"sentences", "overall": {score: {"old": {"mean", "sd", "runs"}, "new": {...}, "difference", "low",
        "high", "p", "test", "verdict"}}, "per_type": {type: the same of its F1}, "parts": {part: likewise, where
        significant}, "fixed": [...], "broken": [...]}}}``
    """
    splits = {}
    for split in comparison.splits:
        splits[split.split] = {
            "sentences": split.sentences,
            "overall": _differences(split.overall),
            "per_type": _differences(split.per_type),
            "parts": _differences(split.parts),
            "fixed": [*map(_change, split.fixed)],
            "broken": [*map(_change, split.broken)],
        }
    return {
        "old": [*map(_run, comparison.old)],
        "new": [*map(_run, comparison.new)],
        "rule": {
            "level": significance.LEVEL,
            "resamples": significance.RESAMPLES,
            "seed": significance.SEED,
            "p": significance_test(comparison.several),
            "shuffles": significance.SHUFFLES,
        },
        "notes": comparison.notes,
        "splits": splits,
    }


def _run(run: Run) -> dict[str, Any]:
    return {"revision": run.name, "commit": run.commit}


def _differences(differences: Mapping[str, Difference]) -> dict[str, Any]:
    return {
        name: {
            "old": _score(difference.old),
            "new": _score(difference.new),
            "difference": rounded(difference.difference),
            "low": rounded(difference.low),
            "high": rounded(difference.high),
            "p": rounded(difference.p),
            "test": difference.test,
            "verdict": difference.verdict,
        }
        for name, difference in differences.items()
    }


def _score(runs: Sequence[float]) -> dict[str, Any]:
    return {
        "mean": rounded(fmean(runs)),
        "sd": rounded(stdev(runs)) if len(runs) > 1 else None,
        "runs": [*map(rounded, runs)],
    }


def _change(change: Change) -> dict[str, Any]:
    words = change.sentence.words
    return {
        "id": change.sentence.id,
        "words": words,
        "entity": _entity(change.entity, words),
        "in_gold": not change.false_positive,
        "instead": [_entity(entity, words) for entity in change.instead],
    }


def _entity(entity: Entity, words: Sequence[str]) -> dict[str, Any]:
    return {**entity._asdict(), "text": " ".join(words[entity.start : entity.end])}
