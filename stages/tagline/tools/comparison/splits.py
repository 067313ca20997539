"""Comparison of two sides, split by split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tagline.core.errors import UserError
from tagline.labels.label_list import Kind, LabelNames
from tagline.labels.tagged import TaggedSentence
from tagline.metrics.counts import Counts, count
from tagline.tools.comparison.changes import Change, changes
from tagline.tools.comparison.differences import Difference, Differences, differences
from tagline.tools.comparison.joining import join
from tagline.tools.comparison.notes import different_gold, different_metrics, left_out, same_predictions
from tagline.tools.comparison.runs import Run


@dataclass(frozen=True)
class Aligned:
    """One split of several runs over the sentences that all of them have, with the gold labels of the last run.

    Attributes:
        kind: how the labels are read.
        reference: the common sentences as the last run has them.
        scored: the same sentences with the predictions of each run.
        counts: of each run.
        notes: what a reader should know.
    """

    kind: Kind
    reference: list[TaggedSentence]
    scored: list[list[TaggedSentence]]
    counts: list[Counts]
    notes: list[str]


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
    def notes(self) -> list[str]:
        of_runs = [note for run in (*self.old, *self.new) for note in run.notes]
        return list(dict.fromkeys([*of_runs, *(note for split in self.splits for note in split.notes)]))


def compare(old: list[Run], new: list[Run], splits: Sequence[str]) -> Comparison:
    """Compare splits of two sides.

    Raises:
        UserError: as in `compare_split`.
    """
    return Comparison(old, new, [compare_split(split, old, new) for split in splits])


def compare_split(split: str, old: Sequence[Run], new: Sequence[Run]) -> Compared:
    """Compare a split over the sentences that all runs have, with the gold labels of the last run.

    Raises:
        UserError: the runs have no common sentence, or are of different tasks.
    """
    aligned = align(split, [*old, *new])
    count_old = len(old)
    return Compared(
        split,
        aligned.kind,
        aligned.reference,
        differences(aligned.counts[:count_old], aligned.counts[count_old:]),
        changes(aligned.scored[:count_old], aligned.scored[count_old:], aligned.kind),
        aligned.notes,
    )


def align(split: str, runs: Sequence[Run]) -> Aligned:
    """Score all runs over their common sentences.

    Raises:
        UserError: as in `compare_split`.
    """
    joined = join([run.splits[split] for run in runs])
    _check(split, runs, joined)
    kind = runs[-1].kind
    labels = _union(kind, joined)
    reference = [sentence.relabelled(labels) for sentence in joined[-1]]
    scored = [
        [own.relabelled(labels).with_gold_of(gold) for own, gold in zip(sentences, reference, strict=True)]
        for sentences in joined
    ]
    notes = [
        *left_out(split, runs, len(reference)),
        *different_gold(split, runs, joined),
        *different_metrics(split, runs, [count(run.splits[split], run.kind) for run in runs]),
        *same_predictions(split, runs, joined),
    ]
    return Aligned(kind, reference, scored, [count(sentences, kind) for sentences in scored], notes)


def _union(kind: Kind, joined: Sequence[Sequence[TaggedSentence]]) -> LabelNames:
    """List the labels of all runs."""
    names = sorted({name for sentences in joined for sentence in sentences[:1] for name in sentence.labels.names})
    return LabelNames(kind, tuple(names))


def _check(split: str, runs: Sequence[Run], joined: Sequence[Sequence[TaggedSentence]]) -> None:
    if not joined[-1]:
        raise UserError(f"{_names(runs)}: no common sentence in {split}; expected splits that overlap")
    types = [_types(sentences) for sentences in joined]
    for run, own in zip(runs, types, strict=True):
        if run.kind != runs[-1].kind or (own and types[-1] and not own & types[-1]):
            raise UserError(
                f"{run.name} and {runs[-1].name}: different tasks ({_examples(run, own)}; "
                f"{_examples(runs[-1], types[-1])}); expected the same tokenize_align.task"
            )


def _types(sentences: Sequence[TaggedSentence]) -> set[str]:
    return {entity.type for sentence in sentences for entity in sentence.gold_entities}


def _examples(run: Run, types: set[str]) -> str:
    return f"{'entities' if run.kind == 'spans' else 'tags'} such as {', '.join(sorted(types)[:3])}"


def _names(runs: Sequence[Run]) -> str:
    return " and ".join(dict.fromkeys(run.name for run in runs))
