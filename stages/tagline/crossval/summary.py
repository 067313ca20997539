"""Summary of a cross-validation in metrics and in words."""

from collections.abc import Iterator

from tagline.evaluation.measurement import Entries
from tagline.evaluation.measurements.order import COMPARED_DIGITS
from tagline.evaluation.measurements.scores import f1_of_types

# What all sentences together are called in tables, metrics and predictions.
NAME = "cross-validated"


def compared(entries: Entries) -> dict[str, float | int]:
    """Choose the numbers that people compare between commits, for crossval/metrics.json."""
    overall = entries["overall"]
    ends = entries["intervals"]["overall"]["f1"]
    numbers: dict[str, float | int] = {
        "f1": overall["f1"],
        "f1_low": ends["low"],
        "f1_high": ends["high"],
        "f1_sd": entries["f1_sd"],
        "precision": overall["precision"],
        "recall": overall["recall"],
        "number": overall["number"],
    }
    numbers |= {f"f1.{name}": f1 for name, f1 in f1_of_types(entries).items()}
    return {f"{NAME}.{name}": round(number, COMPARED_DIGITS) for name, number in numbers.items()}


def learnt_share(entries: Entries) -> float:
    """The share of train that a fold's model learnt from, the mean of all folds."""
    folds = entries["folds"]
    return sum(fold["learnt"] for fold in folds) / sum(fold["train"] for fold in folds)


def notes(entries: Entries) -> Iterator[str]:
    """Say what was scored, how much the folds differ, and what makes F1 uncertain."""
    folds = entries["folds"]
    share = learnt_share(entries)
    f1 = [fold["f1"] for fold in folds]
    yield (
        f"{NAME}: each sentence is labelled by one of {len(folds)} models, trained without it on about {share:.0%} of "
        "train; models/finetuned and its export are not one of them, but trained on all of train"
    )
    yield (
        f"{NAME}: F1 of the folds from {min(f1):.3f} to {max(f1):.3f}, standard deviation {entries['f1_sd']:.3f}; "
        f"intervals resample {entries['resampled']}"
    )
    if entries["left_out"]:
        yield f"{NAME}: {entries['left_out']:,} sentences are not scored, since labels of their words are unknown"
    yield from leaks(entries)


def leaks(entries: Entries) -> Iterator[str]:
    if entries["published_tagger"]:
        yield (
            f"{NAME}: the encoder is published as a tagger of these types, and may have learnt these texts, so that F1 "
            "can be too high and label errors stay hidden; folds begin with a new classifier; compare with an encoder "
            "that is not a tagger"
        )
