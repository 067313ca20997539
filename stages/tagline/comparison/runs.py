"""Runs, and their common sentences, scored with the same gold labels."""

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from tagline.labels import Kind, Labels, TaggedSentence
from tagline.metrics.scores import Counts, count
from tagline.terminal import UserError, some

Joined = Sequence[Sequence[TaggedSentence]]
"""The common sentences of each run, in the same order."""


@dataclass(frozen=True)
class Run:
    """The predictions that the stage evaluate, or a cross-validation, made at a revision.

    Attributes:
        name: the revision as the user wrote it.
        commit: its hash; None for the workspace.
        splits: by name, altered forms as ``SPLIT.altered.FORM``.
        params: the values of params.yaml by dotted key, such as ``train.learning_rate``.
        notes: what a reader should know before trusting them.
        types: those that alone are annotated in a file of answers; None: all.
    """

    name: str
    commit: str | None
    kind: Kind
    splits: dict[str, list[TaggedSentence]]
    params: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    types: list[str] | None = None


class Aligned(NamedTuple):
    """One split of several runs over the sentences that all have, with the gold labels of the last run.

    Attributes:
        scored: the common sentences with the predictions of each run.
        counts: of each run.
    """

    scored: list[list[TaggedSentence]]
    counts: list[Counts]
    notes: list[str]


def shared_splits(runs: Sequence[Run]) -> tuple[list[str], list[str]]:
    """List the splits that all runs have, test last, and a note on each other one.

    Raises:
        UserError: no split is in all runs.
    """
    splits = {split for run in runs for split in run.splits if ".altered." not in split}
    shared = []
    notes = []
    for split in sorted(splits, key=lambda name: (name == "test", name != "validation", name)):
        without = [run.name for run in runs if split not in run.splits]
        if without:
            notes.append(f"{split}: not compared, since {some(without)} {'has' if len(without) == 1 else 'have'} none")
        else:
            shared.append(split)
    if not shared:
        raise UserError(f"{'; '.join(notes)}; expected runs with a split in common")
    return shared, notes


def align(split: str, runs: Sequence[Run]) -> Aligned:
    """Score all runs over their common sentences.

    Raises:
        UserError: the runs have no common sentence, or are of different tasks.
    """
    joined = join([run.splits[split] for run in runs])
    if not joined:
        names = " and ".join(dict.fromkeys(run.name for run in runs))
        raise UserError(f"{names}: no common sentence in {split}; expected splits that overlap")
    types = [{entity.type for sentence in of_run for entity in sentence.gold_entities} for of_run in joined]
    _check_tasks(runs, types)
    label_names = {name for sentences in joined for name in sentences[0].labels.names}
    labels = Labels("", runs[-1].kind, tuple(sorted(label_names)), "")
    gold = [sentence.relabelled(labels).gold for sentence in joined[-1]]
    scored = []
    for sentences in joined:
        relabelled = [sentence.relabelled(labels) for sentence in sentences]
        scored.append([replace(sentence, gold=ids) for sentence, ids in zip(relabelled, gold, strict=True)])
    notes = [
        *_different_types(runs, types),
        *_left_out(split, runs, len(gold)),
        *_different_gold(runs, joined),
        *_same_predictions(runs, joined),
    ]
    counts = [count(sentences, labels.kind) for sentences in scored]
    return Aligned(scored, counts, [f"{split}: {note}" for note in notes])


def join(runs: Joined) -> list[tuple[TaggedSentence, ...]]:
    """Find the sentences that all runs have: for each run, in the order of the last run; empty if there are none.

    Sentences with the same words are matched, if possible with the same id, otherwise the next one: where ids are
    numbers, an inserted sentence changes all ids after it.
    """
    matches = [_same_sentences(run, runs[-1]) for run in runs]
    common = [same for same in zip(*matches, strict=True) if None not in same]
    return [*zip(*common, strict=True)]


def _same_sentences(run: Sequence[TaggedSentence], reference: Sequence[TaggedSentence]) -> list[TaggedSentence | None]:
    matches: list[TaggedSentence | None] = [None] * len(reference)
    for with_id in (True, False):
        waiting = defaultdict[tuple[str, ...], deque[TaggedSentence]](deque)
        taken = {id(sentence) for sentence in matches}
        for sentence in run:
            if id(sentence) not in taken:
                waiting[_key(sentence, with_id)].append(sentence)
        for index, sentence in enumerate(reference):
            same = waiting[_key(sentence, with_id)]
            if matches[index] is None and same:
                matches[index] = same.popleft()
    return matches


def _key(sentence: TaggedSentence, with_id: bool) -> tuple[str, ...]:
    return (sentence.id, *sentence.words) if with_id else tuple(sentence.words)


def _check_tasks(runs: Sequence[Run], types: Sequence[set[str]]) -> None:
    last = runs[-1]
    for run, of_run in zip(runs, types, strict=True):
        none_in_common = of_run and types[-1] and not of_run & types[-1]
        if run.kind != last.kind or none_in_common:
            raise UserError(
                f"{run.name} and {last.name}: different tasks (labels such as {some(sorted(of_run))}, and such as "
                f"{some(sorted(types[-1]))}); expected the same tokenize_align.tag_column"
            )


def _different_types(runs: Sequence[Run], types: Sequence[set[str]]) -> Iterator[str]:
    """Report gold types that only one run has, for instance renamed ones."""
    for run, of_run in zip(runs, types, strict=True):
        if of_run != types[-1]:
            only = {run.name: of_run - types[-1], runs[-1].name: types[-1] - of_run}
            differing = [f"{some(sorted(names))} only in {name}" for name, names in only.items() if names]
            yield f"types differ: {', '.join(differing)}"


def _left_out(split: str, runs: Sequence[Run], common: int) -> Iterator[str]:
    missing = {run.name: len(run.splits[split]) - common for run in runs}
    if any(missing.values()):
        counts = ", ".join(f"{number} of {name}" for name, number in missing.items() if number)
        yield f"the {common} common sentence{' is' if common == 1 else 's are'} compared, without {counts}"


def _different_gold(runs: Sequence[Run], joined: Joined) -> Iterator[str]:
    last = runs[-1].name
    gold = [sentence.gold_names for sentence in joined[-1]]
    for run, sentences in zip(runs, joined, strict=True):
        changed = sum(sentence.gold_names != names for sentence, names in zip(sentences, gold, strict=True))
        if changed:
            yield (
                f"{changed} sentence{'s have' if changed > 1 else ' has'} other gold labels in {run.name} than in "
                f"{last}; all runs are scored against those of {last}"
            )


def _same_predictions(runs: Sequence[Run], joined: Joined) -> Iterator[str]:
    """Report runs with the same predictions, which were probably meant to differ."""
    groups = defaultdict(list)
    for run, sentences in zip(runs, joined, strict=True):
        groups[tuple(tuple(sentence.predicted_names) for sentence in sentences)].append(run.name)
    for names in groups.values():
        if len(names) > 1:
            yield f"{', '.join(names[:-1])} and {names[-1]} have the same predictions"
