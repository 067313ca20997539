"""Comparison of two sides, split by split: scores, fixed and broken entities."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from tagline.labels.entities import Entity
from tagline.labels.label_list import Kind
from tagline.labels.tagged import TaggedSentence
from tagline.metrics.significance import AGREEING, Difference, differences, f1_differences
from tagline.metrics.slices import of_each_case
from tagline.tools.comparison.runs import Aligned, Run, align


@dataclass(frozen=True)
class Change:
    """A fixed or broken entity; for plain tags, a word.

    Attributes:
        direction: fixed: wrong in old and correct in new. broken: the reverse.
        sentence: the index of the sentence among those compared.
        entity: its type and words.
        false_positive: the wrong side predicts the entity, and gold does not have it.
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
        kind: how its labels are read.
        sentences: the common sentences as the last run has them.
        overall: the differences of scores over those sentences.
        per_type: the difference of the F1 of each type.
        parts: that of the F1 of sentences of each letter case, and of altered forms, where it is significant.
        changes: the fixed and broken entities in them.
        types_differ: whether the gold labels of some run have other types.
        notes: what a reader should know.
    """

    split: str
    kind: Kind
    sentences: list[TaggedSentence]
    overall: dict[str, Difference]
    per_type: dict[str, Difference]
    parts: dict[str, Difference]
    changes: list[Change]
    types_differ: bool
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
    counts, scored, first_new, kind = aligned.counts, aligned.scored, len(old), new[-1].kind
    overall, per_type = differences(counts[:first_new], counts[first_new:])
    found, changed = parts(aligned, split, old, new), changes(scored[:first_new], scored[first_new:], kind)
    notes = [f"{split}: {AGREEING}"] * overall["f1"].pooled + aligned.notes
    return Compared(split, kind, aligned.scored[-1], overall, per_type, found, changed, aligned.types_differ, notes)


def parts(aligned: Aligned, split: str, old: Sequence[Run], new: Sequence[Run]) -> dict[str, Difference]:
    """Compare the F1 of the sentences of each letter case, and of the altered forms that all runs have.

    Returns:
        The significant differences by ``case.NAME`` and ``altered.FORM``, p adjusted for the number of all of them.
    """
    runs, cases = [*old, *new], of_each_case(aligned.scored[-1])
    counts = {f"case.{name}": [each.of_sentences(chosen) for each in aligned.counts] for name, chosen in cases.items()}
    forms = [name for name in runs[-1].splits if f"{split}.altered" in name and all(name in run.splits for run in runs)]
    counts |= {name.removeprefix(f"{split}."): align(name, runs).counts for name in forms}
    found = f1_differences({name: (each[: len(old)], each[len(old) :]) for name, each in counts.items()})
    return {name: each for name, each in found.items() if each.verdict == "significant"}


def changes(
    old: Sequence[Sequence[TaggedSentence]], new: Sequence[Sequence[TaggedSentence]], kind: Kind
) -> list[Change]:
    """List the fixed and broken entities, sentence by sentence.

    Args:
        old: the sentences of each run of one side. A side of several runs predicts what more than half of them do.
        new: likewise; all runs have the same sentences in the same order, with the same gold labels.
        kind: how the labels are read. For ``tags`` each word is an entity of its tag.
    """
    found: list[Change] = []
    for index, reference in enumerate(new[-1]):
        before, after = ([run[index].predicted_entities for run in side] for side in (old, new))
        gold = set(reference.gold_entities)
        a, b = _majority(before), _majority(after)
        if a != b:
            found += _one_way("fixed", index, gold, wrong=a, correct=b)
            found += _one_way("broken", index, gold, wrong=b, correct=a)
    return found if kind == "spans" else [change for change in found if not change.false_positive]


def _one_way(
    direction: Literal["fixed", "broken"], sentence: int, gold: set[Entity], wrong: set[Entity], correct: set[Entity]
) -> Iterator[Change]:
    replaced: set[Entity] = set()
    for entity in sorted(gold & correct - wrong, key=lambda entity: entity.start):
        overlapping = (other for other in wrong if entity.start < other.end and other.start < entity.end)
        instead = tuple(sorted(overlapping, key=lambda other: other.start))
        replaced.update(instead)
        yield Change(direction, sentence, entity, False, instead)
    # A wrong entity that a correct one replaces is reported with it, not as a false positive of its own.
    for entity in sorted(wrong - correct - gold - replaced, key=lambda entity: entity.start):
        yield Change(direction, sentence, entity, True, ())


def _majority(runs: Sequence[Sequence[Entity]]) -> set[Entity]:
    votes = Counter(entity for entities in runs for entity in entities)
    return {entity for entity, count in votes.items() if 2 * count > len(runs)}
