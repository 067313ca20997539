"""Notes: what a reader should know of how runs were compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tagline.comparison.runs import EVALUATE, Run
from tagline.labels.tagged import TaggedSentence
from tagline.metrics.counts import Counts

# Of the F1 in metrics/evaluate.json, which has six digits.
ROUNDING = 1e-5


def left_out(split: str, runs: Sequence[Run], common: int) -> Iterator[str]:
    """Sentences that not all runs have."""
    others = {run.name: len(run.splits[split]) - common for run in runs}
    if any(others.values()):
        each = ", ".join(f"{number} of {name}" for name, number in others.items() if number)
        which = f"{common} common sentence{' is' if common == 1 else 's are'}"
        yield f"{split}: the {which} compared; left out are {each}"


def other_gold(split: str, runs: Sequence[Run], joined: Sequence[Sequence[TaggedSentence]]) -> Iterator[str]:
    """Common sentences that were labelled anew."""
    reference = runs[-1]
    for run, own in zip(runs[:-1], joined[:-1], strict=True):
        if changed := sum(a.gold_names != b.gold_names for a, b in zip(own, joined[-1], strict=True)):
            yield (
                f"{split}: the gold labels of {changed} sentence{'s' * (changed > 1)} in {run.name} are others than in "
                f"{reference.name}; all are scored against those of {reference.name}"
            )


def other_metrics(split: str, runs: Sequence[Run], counts: Sequence[Counts]) -> Iterator[str]:
    """Metrics and predictions of one commit should be of one run; they aren't where only one was committed."""
    for run, own in zip(runs, counts, strict=True):
        f1 = float(own.total().overall().f1)
        try:
            written = float(run.metrics[split]["overall"]["f1"])
        except (KeyError, TypeError, ValueError):
            yield f"{run.name}: {EVALUATE} has no F1 of {split}; its predictions are compared all the same"
            continue
        if abs(written - f1) > ROUNDING:
            yield (
                f"{run.name}: {EVALUATE} says {written:.3f} for the F1 of {split}, its predictions say {f1:.3f}; they "
                "are of different runs, and the predictions are compared"
            )


def alike(split: str, runs: Sequence[Run], joined: Sequence[Sequence[TaggedSentence]]) -> Iterator[str]:
    """Runs that were meant to differ, by their seed for instance, and do not."""
    predicted = [[sentence.predicted_names for sentence in own] for own in joined]
    for number, (run, own) in enumerate(zip(runs, predicted, strict=True)):
        for other, theirs in zip(runs[:number], predicted[:number], strict=True):
            if own == theirs:
                yield f"{split}: {other.name} and {run.name} label every word alike"
