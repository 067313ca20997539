"""Splits: everything that is compared of one split of two sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tagline.comparison.changes import Change, changes
from tagline.comparison.differences import Difference, Differences, differences
from tagline.comparison.joining import join
from tagline.comparison.notes import alike, left_out, other_gold, other_metrics
from tagline.comparison.runs import Rows, Run
from tagline.core.errors import UserError
from tagline.labels.label_list import Kind
from tagline.labels.schemes import split_tag
from tagline.metrics.counts import Counts, count


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
        UserError: as `compare_split` does.
    """
    return Comparison(old, new, [compare_split(split, old, new) for split in splits])


def compare_split(split: str, old: Sequence[Run], new: Sequence[Run]) -> Compared:
    """Compare a split over the sentences that all runs have, against the gold labels of the last run.

    Raises:
        UserError: the runs have no sentence in common, or are of different tasks.
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
    notes = [
        *left_out(split, runs, len(gold)),
        *other_gold(split, runs, rows),
        *other_metrics(split, runs, whole),
        *alike(split, runs, rows),
    ]
    return Compared(split, runs[-1].kind, rows[-1], differences(counts[: len(old)], counts[len(old) :]), found, notes)


def _check(split: str, runs: Sequence[Run], rows: Sequence[Rows]) -> None:
    if not rows[-1].ids:
        raise UserError(f"{_names(runs)} have no sentence of {split} in common: expected splits that overlap")
    types = [_types(run, own) for run, own in zip(runs, rows, strict=True)]
    for run, own in zip(runs, types, strict=True):
        if run.kind != runs[-1].kind or (own and types[-1] and not own & types[-1]):
            raise UserError(
                f"{run.name} and {runs[-1].name} are of different tasks: {_examples(run, own)} here, "
                f"{_examples(runs[-1], types[-1])} there; expected the same tokenize_align.task"
            )


def _types(run: Run, rows: Rows) -> set[str]:
    labels = {label for row in rows.gold for label in row}
    return {split_tag(label)[1] for label in labels} - {""} if run.kind == "spans" else labels


def _examples(run: Run, types: set[str]) -> str:
    return f"{'entities' if run.kind == 'spans' else 'tags'} such as {', '.join(sorted(types)[:3])}"


def _count(run: Run, rows: Rows) -> Counts:
    return count(rows.gold, rows.predicted, run.kind)


def _choose(rows: Rows, places: Sequence[int]) -> Rows:
    ids = [rows.ids[place] for place in places]
    words, gold, predicted = ([column[place] for place in places] for column in (rows.words, rows.gold, rows.predicted))
    return Rows(ids, words, gold, predicted)


def _names(runs: Sequence[Run]) -> str:
    return " and ".join(dict.fromkeys(run.name for run in runs))
