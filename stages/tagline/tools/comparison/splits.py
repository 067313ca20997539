"""Comparison of two sides, split by split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tagline.labels.label_list import Kind
from tagline.labels.tagged import TaggedSentence
from tagline.tools.comparison.alignment import align
from tagline.tools.comparison.changes import Change, changes
from tagline.tools.comparison.runs import Run
from tagline.tools.comparison.significance import Difference, Differences, differences


@dataclass(frozen=True)
class Compared:
    """The comparison of one split.

    Attributes:
        split: its name.
        kind: how its labels are read.
        sentences: the common sentences as the last run has them.
        differences: of the scores over those sentences.
        changes: the fixed and broken entities in them.
        notes: what a reader should know.
    """

    split: str
    kind: Kind
    sentences: list[TaggedSentence]
    differences: Differences
    changes: list[Change]
    notes: list[str]


@dataclass(frozen=True)
class Comparison:
    """Two sides, each of one or several runs, and the comparison of each split; the headline is about the last one."""

    old: list[Run]
    new: list[Run]
    splits: list[Compared]

    @property
    def headline(self) -> Difference:
        return self.splits[-1].differences.overall["f1"]

    @property
    def several(self) -> bool:
        """Whether a side has several runs."""
        return len(self.old) + len(self.new) > 2

    @property
    def notes(self) -> list[str]:
        of_runs = [note for run in (*self.old, *self.new) for note in run.notes]
        return list(dict.fromkeys([*of_runs, *(note for split in self.splits for note in split.notes)]))


def compare(old: list[Run], new: list[Run], splits: Sequence[str]) -> Comparison:
    """Compare splits of two sides.

    Raises:
        UserError: as in `align`.
    """
    return Comparison(old, new, [compare_split(split, old, new) for split in splits])


def compare_split(split: str, old: Sequence[Run], new: Sequence[Run]) -> Compared:
    """Compare a split over the sentences that all runs have, with the gold labels of the last run; see `align`."""
    aligned = align(split, [*old, *new])
    counts, scored, first_new = aligned.counts, aligned.scored, len(old)
    return Compared(
        split,
        aligned.kind,
        aligned.reference,
        differences(counts[:first_new], counts[first_new:]),
        changes(scored[:first_new], scored[first_new:], aligned.kind),
        aligned.notes,
    )
