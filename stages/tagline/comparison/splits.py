"""Comparison of two sides, split by split: scores, fixed and broken entities."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from tagline.comparison.runs import Aligned, Run, align, further_sets, in_all, left_out
from tagline.labels import Entity, TaggedSentence
from tagline.metrics.significance import AGREEING, Difference, differences, f1_differences
from tagline.metrics.slices import of_each_case


@dataclass(frozen=True)
class Change:
    """A fixed or broken entity; for plain tags, a word.

    Attributes:
        direction: fixed: wrong in old and correct in new. broken: the reverse.
        sentence: the index of the sentence among those compared.
        entity: its type and words.
        false_positive: the wrong side predicts the entity, gold does not have it, and the other side predicts nothing
            on its words.
        instead: what the wrong side predicts on the entity's words; empty if nothing, or for a false positive.
    """

    direction: Literal["fixed", "broken"]
    sentence: int
    entity: Entity
    false_positive: bool
    instead: tuple[Entity, ...]


@dataclass(frozen=True)
class Compared:
    """The comparison of one split.

    Attributes:
        split: its name.
        sentences: the common sentences as the last run has them.
        overall: the differences of scores over those sentences.
        per_type: the difference of the F1 of each type.
        parts: that of the F1 of sentences of each letter case, and of altered forms, where it is significant.
        changes: the fixed and broken entities in them.
        types_differ: whether the gold labels of some run have other types.
        same: whether all runs have the same predictions.
        notes: what a reader should know.
    """

    split: str
    sentences: list[TaggedSentence]
    overall: dict[str, Difference]
    per_type: dict[str, Difference]
    parts: dict[str, Difference]
    changes: list[Change]
    types_differ: bool
    same: bool
    notes: list[str]

    def changed(self, direction: str) -> list[Change]:
        """The changes in one direction."""
        return [change for change in self.changes if change.direction == direction]


@dataclass(frozen=True)
class Comparison:
    """Two sides, each of one or several runs, and the comparison of each split; the headline is about the last one."""

    old: list[Run]
    new: list[Run]
    splits: list[Compared]

    @property
    def headline(self) -> Difference:
        return self.splits[-1].overall["f1"]

    @property
    def several(self) -> bool:
        """Whether a side has several runs."""
        return len(self.old) + len(self.new) > 2

    @property
    def notes(self) -> list[str]:
        runs = [*self.old, *self.new]
        notes = left_out(runs, further_sets(runs))
        for run in runs:
            notes += run.notes
        for split in self.splits:
            notes += split.notes
        return list(dict.fromkeys(notes))


def compare(old: list[Run], new: list[Run], splits: Sequence[str]) -> Comparison:
    """Compare the splits that all runs of two sides have, and before the last one their further test sets.

    Raises:
        UserError: as in `align`.
    """
    runs = [*old, *new]
    *others, last = in_all(splits, runs)
    others += [split for split in in_all(further_sets(runs), runs) if split != last]
    return Comparison(old, new, [compare_split(split, old, new) for split in (*others, last)])


def compare_split(split: str, old: Sequence[Run], new: Sequence[Run]) -> Compared:
    """Compare a split over the sentences that all runs have, with the gold labels of the last run; see `align`."""
    aligned = align(split, [*old, *new])
    first_new = len(old)
    overall, per_type = differences(aligned.counts[:first_new], aligned.counts[first_new:])
    notes = aligned.notes
    if overall["f1"].pooled:
        notes = [f"{split}: {AGREEING}", *notes]
    return Compared(
        split,
        aligned.scored[-1],
        overall,
        per_type,
        parts(aligned, split, old, new),
        changes(aligned.scored[:first_new], aligned.scored[first_new:]),
        aligned.types_differ,
        aligned.same,
        notes,
    )


def parts(aligned: Aligned, split: str, old: Sequence[Run], new: Sequence[Run]) -> dict[str, Difference]:
    """Compare the F1 of the sentences of each letter case, and of the altered forms that all runs have.

    Returns:
        The significant differences by ``case.NAME`` and ``altered.FORM``, p adjusted for the number of all of them.
    """
    runs = [*old, *new]
    counts = {}
    for case, is_in_case in of_each_case(aligned.scored[-1]).items():
        counts[f"case.{case}"] = [of_run.of_sentences(is_in_case) for of_run in aligned.counts]
    for name in new[-1].splits:
        if f"{split}.altered" in name and all(name in run.splits for run in runs):
            counts[name.removeprefix(f"{split}.")] = align(name, runs).counts
    sides = {name: (of_runs[: len(old)], of_runs[len(old) :]) for name, of_runs in counts.items()}
    compared = f1_differences(sides)
    return {name: difference for name, difference in compared.items() if difference.verdict == "significant"}


def changes(old: Sequence[Sequence[TaggedSentence]], new: Sequence[Sequence[TaggedSentence]]) -> list[Change]:
    """List the fixed and broken entities, sentence by sentence; for plain tags each word is an entity of its tag.

    Args:
        old: the sentences of each run of one side. A side of several runs predicts what more than half of them do.
        new: likewise; all runs have the same sentences in the same order, with the same gold labels.
    """
    changed: list[Change] = []
    for index, reference in enumerate(new[-1]):
        gold = set(reference.gold_entities)
        before = _majority([run[index] for run in old])
        after = _majority([run[index] for run in new])
        if before != after:
            changed += _one_way("fixed", index, gold, wrong=before, correct=after)
            changed += _one_way("broken", index, gold, wrong=after, correct=before)
    if new[-1][0].kind == "tags":
        return [change for change in changed if not change.false_positive]
    return changed


def _one_way(
    direction: Literal["fixed", "broken"], sentence: int, gold: set[Entity], wrong: set[Entity], correct: set[Entity]
) -> Iterator[Change]:
    for entity in sorted(gold & correct - wrong, key=lambda entity: entity.start):
        yield Change(direction, sentence, entity, False, tuple(_overlapping(entity, wrong)))
    # What overlaps an entity of the other side is reported with it if that is correct; if not, both sides are wrong.
    for entity in sorted(wrong - gold, key=lambda entity: entity.start):
        if not _overlapping(entity, correct):
            yield Change(direction, sentence, entity, True, ())


def _overlapping(entity: Entity, others: set[Entity]) -> list[Entity]:
    """The entities that have a word in common with another one, from left to right."""
    overlapping = [other for other in others if entity.start < other.end and other.start < entity.end]
    return sorted(overlapping, key=lambda other: other.start)


def _majority(runs: Sequence[TaggedSentence]) -> set[Entity]:
    """The entities that more than half of the runs predict in a sentence."""
    votes = Counter[Entity]()
    for sentence in runs:
        votes.update(sentence.predicted_entities)
    return {entity for entity, count in votes.items() if 2 * count > len(runs)}
