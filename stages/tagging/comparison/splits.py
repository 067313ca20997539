"""Splits: everything that is compared of one split of two sides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tagging.comparison.changes import Change, changes
from tagging.comparison.differences import Difference, Differences, differences
from tagging.comparison.joining import join
from tagging.comparison.runs import EVALUATE, Rows, Run
from tagging.counts import Counts, count
from tagging.faults import Fault
from tagging.labels import Kind
from tagging.schemes import split_tag

# Of the F1 in metrics/evaluate.json, which has six digits.
ROUNDING = 1e-5


@dataclass(frozen=True)
class Compared:
    """A split of both sides.

    Attributes:
        split: its name.
        kind: how its labels are read.
        rows: the common sentences with the labels that both sides are scored against; predictions of the last run.
        differences: of the scores over those sentences.
        changes: what was fixed and broken in them.
        notes: what a reader should know of how it was done.
    """

    split: str
    kind: Kind
    rows: Rows
    differences: Differences
    changes: list[Change]
    notes: list[str]


@dataclass(frozen=True)
class Comparison:
    """Two sides of one run or several each, and what was found of each split; the last one is the headline's."""

    old: list[Run]
    new: list[Run]
    splits: list[Compared]

    @property
    def headline(self) -> Difference:
        return self.splits[-1].differences.overall["f1"]

    @property
    def notes(self) -> list[str]:
        of_runs = [note for run in (*self.old, *self.new) for note in run.notes]
        return list(dict.fromkeys([*of_runs, *(note for split in self.splits for note in split.notes)]))


def compare(old: list[Run], new: list[Run], splits: Sequence[str]) -> Comparison:
    """Compare splits of two sides.

    Raises:
        Fault: as `compare_split` does.
    """
    return Comparison(old, new, [compare_split(split, old, new) for split in splits])


def compare_split(split: str, old: Sequence[Run], new: Sequence[Run]) -> Compared:
    """Compare a split over the sentences that all runs have, against the gold labels of the last run.

    Raises:
        Fault: the runs have no sentence in common, or are of different tasks.
    """
    runs = [*old, *new]
    places = join([run.splits[split] for run in runs])
    whole = [_count(run, run.splits[split]) for run in runs]
    rows = [_choose(run.splits[split], chosen) for run, chosen in zip(runs, places, strict=True)]
    _check(split, runs, rows)
    gold = rows[-1].gold
    counts = [_count(run, replace(own, gold=gold)) for run, own in zip(runs, rows, strict=True)]
    predicted = [own.predicted for own in rows]
    found = changes(gold, predicted[: len(old)], predicted[len(old) :], runs[0].kind)
    notes = [*_left_out(split, runs, places), *_other_gold(split, runs, rows), *_other_metrics(split, runs, whole)]
    notes += _alike(split, runs, rows)
    return Compared(split, runs[-1].kind, rows[-1], differences(counts[: len(old)], counts[len(old) :]), found, notes)


def _check(split: str, runs: Sequence[Run], rows: Sequence[Rows]) -> None:
    if not rows[-1].ids:
        raise Fault(f"{_names(runs)} have no sentence of {split} in common: expected splits that overlap")
    types = [_types(run, own) for run, own in zip(runs, rows, strict=True)]
    for run, own in zip(runs, types, strict=True):
        if run.kind != runs[-1].kind or (own and types[-1] and not own & types[-1]):
            raise Fault(
                f"{run.name} and {runs[-1].name} are of different tasks: {_examples(run, own)} here, "
                f"{_examples(runs[-1], types[-1])} there; expected the same tokenize_align.task"
            )


def _types(run: Run, rows: Rows) -> set[str]:
    labels = {label for row in rows.gold for label in row}
    return {split_tag(label)[1] for label in labels} - {""} if run.kind == "spans" else labels


def _examples(run: Run, types: set[str]) -> str:
    return f"{'entities' if run.kind == 'spans' else 'tags'} such as {', '.join(sorted(types)[:3])}"


def _left_out(split: str, runs: Sequence[Run], places: Sequence[Sequence[int]]) -> Iterator[str]:
    common = len(places[0])
    left_out = {run.name: len(run.splits[split].ids) - common for run in runs}
    if any(left_out.values()):
        each = ", ".join(f"{number} of {name}" for name, number in left_out.items() if number)
        which = f"{common} common sentence{' is' if common == 1 else 's are'}"
        yield f"{split}: the {which} compared; left out are {each}"


def _other_gold(split: str, runs: Sequence[Run], rows: Sequence[Rows]) -> Iterator[str]:
    reference = runs[-1]
    for run, own in zip(runs[:-1], rows[:-1], strict=True):
        if changed := sum(a != b for a, b in zip(own.gold, rows[-1].gold, strict=True)):
            yield (
                f"{split}: the gold labels of {changed} sentence{'s' * (changed > 1)} in {run.name} are others than in "
                f"{reference.name}; all are scored against those of {reference.name}"
            )


def _other_metrics(split: str, runs: Sequence[Run], counts: Sequence[Counts]) -> Iterator[str]:
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


def _alike(split: str, runs: Sequence[Run], rows: Sequence[Rows]) -> Iterator[str]:
    """Runs that were meant to differ, by their seed for instance, and do not."""
    for number, (run, own) in enumerate(zip(runs, rows, strict=True)):
        for other, theirs in zip(runs[:number], rows[:number], strict=True):
            if own.predicted == theirs.predicted:
                yield f"{split}: {other.name} and {run.name} label every word alike"


def _count(run: Run, rows: Rows) -> Counts:
    return count(rows.gold, rows.predicted, run.kind)


def _choose(rows: Rows, places: Sequence[int]) -> Rows:
    ids = [rows.ids[place] for place in places]
    words, gold, predicted = ([column[place] for place in places] for column in (rows.words, rows.gold, rows.predicted))
    return Rows(ids, words, gold, predicted)


def _names(runs: Sequence[Run]) -> str:
    return " and ".join(dict.fromkeys(run.name for run in runs))
