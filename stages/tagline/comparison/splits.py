"""Comparison of two sides, split by split: scores, fixed and broken entities."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from statistics import fmean
from typing import NamedTuple

from tagline.comparison.runs import Aligned, Run, align, shared_splits
from tagline.labels import Entity, TaggedSentence
from tagline.metrics.significance import AGREEING, Difference, differences, f1_differences
from tagline.metrics.slices import of_each_case
from tagline.terminal import NotReachedError, UserError


class Change(NamedTuple):
    """An entity, for plain tags a word, that one side has right and the other one wrong.

    Attributes:
        sentence: as the last run has it.
        false_positive: the wrong side predicts the entity, gold does not have it, and the other side predicts nothing
            on its words.
        instead: what the wrong side predicts on the entity's words; empty if nothing, or for a false positive.
    """

    sentence: TaggedSentence
    entity: Entity
    false_positive: bool
    instead: list[Entity]


@dataclass(frozen=True)
class Compared:
    """The comparison of one split.

    Attributes:
        sentences: how many the runs have in common.
        per_type: the difference of each type's F1.
        parts: of sentences of each letter case, and of altered forms, where it is significant.
        fixed: what is wrong in old and correct in new.
        broken: the reverse.
    """

    split: str
    sentences: int
    overall: dict[str, Difference]
    per_type: dict[str, Difference]
    parts: dict[str, Difference]
    fixed: list[Change]
    broken: list[Change]
    notes: list[str]


@dataclass(frozen=True)
class Comparison:
    """Two sides, each of one or several runs, and the comparison of each split that all runs have.

    Attributes:
        splits: the headline is about the last one.
        left_out: a note on each split that is not compared.
    """

    old: list[Run]
    new: list[Run]
    splits: list[Compared]
    left_out: list[str]

    @property
    def headline(self) -> Difference:
        return self.splits[-1].overall["f1"]

    @property
    def several(self) -> bool:
        return len(self.old) + len(self.new) > 2

    @property
    def notes(self) -> list[str]:
        notes = [*self.left_out]
        for run in (*self.old, *self.new):
            notes += run.notes
        for split in self.splits:
            notes += split.notes
        return list(dict.fromkeys(notes))


def compare(old: list[Run], new: list[Run]) -> Comparison:
    """Compare two sides; raises the errors of `shared_splits` and `align`."""
    splits, left_out = shared_splits([*old, *new])
    return Comparison(old, new, [compare_split(split, old, new) for split in splits], left_out)


def check_f1(comparison: Comparison, least: float) -> None:
    """Check the difference of F1 of the last split.

    Raises:
        NotReachedError: it is less than ``least``.
        UserError: some split could not be compared, perhaps the one that counts.
    """
    if comparison.left_out:
        raise UserError(f"--fail-below: {'; '.join(comparison.left_out)}; expected the same splits, or --split")
    f1 = comparison.headline
    if f1.difference < least:
        raise NotReachedError(
            f"F1 of {comparison.splits[-1].split} went from {fmean(f1.old):.3f} to {fmean(f1.new):.3f}: "
            f"{f1.difference:+.3f} ({f1.verdict}) is below --fail-below {least:+g}"
        )


def compare_split(split: str, old: Sequence[Run], new: Sequence[Run]) -> Compared:
    """Compare a split; gold labels are those of the last run."""
    aligned = align(split, [*old, *new])
    first_new = len(old)
    overall, per_type = differences(aligned.counts[:first_new], aligned.counts[first_new:])
    notes = aligned.notes
    if overall["f1"].pooled:
        notes = [f"{split}: {AGREEING}", *notes]
    before, after = aligned.scored[:first_new], aligned.scored[first_new:]
    return Compared(
        split,
        len(after[-1]),
        overall,
        per_type,
        _parts(aligned, split, old, new),
        fixed=[*changes(after[-1], wrong_runs=before, correct_runs=after)],
        broken=[*changes(after[-1], wrong_runs=after, correct_runs=before)],
        notes=notes,
    )


def _parts(aligned: Aligned, split: str, old: Sequence[Run], new: Sequence[Run]) -> dict[str, Difference]:
    """Compare the F1 of the sentences of each letter case, and of the common altered forms."""
    runs = [*old, *new]
    counts = {}
    for case, is_in_case in of_each_case(aligned.scored[-1]).items():
        counts[f"case.{case}"] = [of_run.of_sentences(is_in_case) for of_run in aligned.counts]
    for name in new[-1].splits:
        if name.startswith(f"{split}.altered.") and all(name in run.splits for run in runs):
            counts[name.removeprefix(f"{split}.")] = align(name, runs).counts
    sides = {name: (of_runs[: len(old)], of_runs[len(old) :]) for name, of_runs in counts.items()}
    compared = f1_differences(sides)
    return {name: difference for name, difference in compared.items() if difference.verdict == "significant"}


def changes(
    sentences: Sequence[TaggedSentence],
    wrong_runs: Sequence[Sequence[TaggedSentence]],
    correct_runs: Sequence[Sequence[TaggedSentence]],
) -> Iterator[Change]:
    """Yield the entities that one side has wrong and the other one correct; for plain tags each word is an entity.

    Args:
        wrong_runs: the same sentences in each run of a side, which predicts what more than half of its runs do.
    """
    for index, sentence in enumerate(sentences):
        gold = set(sentence.gold_entities)
        wrong = _majority([run[index] for run in wrong_runs])
        correct = _majority([run[index] for run in correct_runs])
        for entity in sorted(gold & correct - wrong, key=attrgetter("start")):
            yield Change(sentence, entity, False, _overlapping(entity, wrong))
        if sentence.kind == "tags":
            continue
        # What overlaps a correct entity of the other side is reported with it; a wrong one, and both sides are wrong.
        for entity in sorted(wrong - gold, key=attrgetter("start")):
            if not _overlapping(entity, correct):
                yield Change(sentence, entity, True, [])


def _overlapping(entity: Entity, others: set[Entity]) -> list[Entity]:
    overlapping = [other for other in others if entity.start < other.end and other.start < entity.end]
    return sorted(overlapping, key=attrgetter("start"))


def _majority(runs: Sequence[TaggedSentence]) -> set[Entity]:
    """The entities that more than half of the runs predict."""
    votes = Counter[Entity]()
    for sentence in runs:
        votes.update(sentence.predicted_entities)
    return {entity for entity, count in votes.items() if 2 * count > len(runs)}
