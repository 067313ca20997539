"""Doubts: why the scores of a split say less than they seem to."""

from collections.abc import Iterator, Mapping
from typing import Any

from tagline.core import FEW_ENTITIES

# With fewer entities, the F1 of a type or a slice is a rough estimate.
FEW = 50
# With a larger share of sentences that train has too, the F1 of the others is shown.
MOST_IN_TRAIN = 0.1


def doubts(entries: Mapping[str, Any]) -> Iterator[str]:
    """Say which scores are of few entities or sentences, or of sentences that are in train."""
    overall = entries["overall"]
    sentences = entries.get("sentences", 0)  # a cross-validation has none
    if overall["number"] < FEW_ENTITIES:
        yield (
            f"F1 {overall['f1']:.3f} is of {overall['number']} {unit(entries)}; with fewer than {FEW_ENTITIES}, it is "
            "mostly noise"
        )
    elif 0 < sentences < FEW_ENTITIES:
        yield (
            f"intervals are of {sentences} sentences; with fewer than {FEW_ENTITIES}, of whatever length, they are too "
            "narrow"
        )
    if _has_many_of_train(entries):
        f1 = f1_not_in_train(entries)
        others = "the others have no entities" if f1 is None else f"F1 of the others is {f1:.3f}"
        yield f"{entries['sentences_in_train']:,} of {sentences:,} sentences are also in train; {others}"


def f1_not_in_train(entries: Mapping[str, Any]) -> float | None:
    """The F1 of sentences not in train, if many are in it; None if they have no entities."""
    if not _has_many_of_train(entries):
        return None
    f1: float | None = entries["slices"].get("not_in_train", {}).get("f1")
    return f1


def _has_many_of_train(entries: Mapping[str, Any]) -> bool:
    return bool(entries.get("sentences_in_train", 0) > MOST_IN_TRAIN * entries.get("sentences", 0))


def unit(entries: Mapping[str, Any]) -> str:
    """What is counted: plain tags have no other rules of matching."""
    return "entities" if "matching" in entries else "words"
