"""Notes on a comparison: what a reader should know before trusting it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tagline.evaluation.summary import DIGITS
from tagline.labels.tagged import TaggedSentence
from tagline.metrics.counts import Counts
from tagline.tools.comparison.runs import EVALUATE, Run

# Scores in metrics/evaluate.json are rounded to `summary.DIGITS`.
ROUNDING = 0.6 * 10**-DIGITS
# Maximum number of names in a list, such as the changed files of a stage.
SHOWN = 3


def some(names: Sequence[str]) -> str:
    """List the first names, and how many more there are."""
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if (more := len(names) - SHOWN) > 0 else "")


def left_out(split: str, runs: Sequence[Run], common: int) -> Iterator[str]:
    """Report sentences that not all runs have."""
    others = {run.name: len(run.splits[split]) - common for run in runs}
    if any(others.values()):
        counts = ", ".join(f"{count} of {name}" for name, count in others.items() if count)
        compared = f"{common} common sentence{' is' if common == 1 else 's are'}"
        yield f"{split}: the {compared} compared, without {counts}"


def different_gold(split: str, runs: Sequence[Run], joined: Sequence[Sequence[TaggedSentence]]) -> Iterator[str]:
    """Report common sentences whose gold labels differ."""
    reference = runs[-1]
    for run, own in zip(runs[:-1], joined[:-1], strict=True):
        if changed := sum(a.gold_names != b.gold_names for a, b in zip(own, joined[-1], strict=True)):
            yield (
                f"{split}: {changed} sentence{'s have' if changed > 1 else ' has'} other gold labels in {run.name} "
                f"than in {reference.name}; all runs are scored against those of {reference.name}"
            )


def different_metrics(split: str, runs: Sequence[Run], counts: Sequence[Counts]) -> Iterator[str]:
    """Report metrics that are not those of the predictions, for instance because only one of them was committed."""
    for run, own in zip(runs, counts, strict=True):
        f1 = float(own.total().overall().f1)
        try:
            written = float(run.metrics[f"{split}.f1"])
        except (KeyError, TypeError, ValueError):
            yield f"{run.name}: {EVALUATE} has no F1 of {split}; the predictions are compared"
            continue
        if abs(written - f1) > ROUNDING:
            yield (
                f"{run.name}: F1 of {split} is {written:.3f} in {EVALUATE}, but {f1:.3f} for the predictions, so they "
                "are of different runs; the predictions are compared"
            )


def same_predictions(split: str, runs: Sequence[Run], joined: Sequence[Sequence[TaggedSentence]]) -> Iterator[str]:
    """Report runs with the same predictions, which were probably meant to differ, for instance by their seed."""
    groups: list[tuple[list[list[str]], list[str]]] = []
    for run, own in zip(runs, joined, strict=True):
        predicted = [sentence.predicted_names for sentence in own]
        names = next((names for others, names in groups if others == predicted), None)
        if names is None:
            groups.append((predicted, [run.name]))
        else:
            names.append(run.name)
    for _, names in groups:
        if len(names) > 1:
            yield f"{split}: {', '.join(names[:-1])} and {names[-1]} have the same predictions"
