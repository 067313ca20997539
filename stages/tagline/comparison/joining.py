"""Joining: find the sentences that several runs have in common, whatever else their splits hold, in whatever order."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from typing import TypeAlias

from tagline.labels.tagged import TaggedSentence

Key: TypeAlias = tuple[str, tuple[str, ...]]


def join(runs: Sequence[Sequence[TaggedSentence]]) -> list[list[TaggedSentence]]:
    """Find the sentences that all runs have.

    Sentences are the same when their words are. Of several with the same words, the one with the same id is taken, else
    the next one: a sentence inserted further up changes all ids below it where ids are numbers.

    Returns:
        For each run the common sentences, all in the order that they have in the last run.
    """
    *others, reference = runs
    found = [_same(run, reference) for run in others]
    common = [index for index in range(len(reference)) if all(index in indices for indices in found)]
    joined = [[run[indices[index]] for index in common] for run, indices in zip(others, found, strict=True)]
    return [*joined, [reference[index] for index in common]]


def _same(run: Sequence[TaggedSentence], reference: Sequence[TaggedSentence]) -> dict[int, int]:
    """Map indices of the reference to the indices of the same sentences in the run."""
    found: dict[int, int] = {}
    taken: set[int] = set()
    # First those with the same id, then the rest.
    for with_id in (True, False):
        waiting: dict[Key, deque[int]] = defaultdict(deque)
        for index, key in enumerate(_keys(run, with_id)):
            if index not in taken:
                waiting[key].append(index)
        for index, key in enumerate(_keys(reference, with_id)):
            if index not in found and waiting[key]:
                found[index] = waiting[key].popleft()
                taken.add(found[index])
    return found


def _keys(sentences: Sequence[TaggedSentence], with_id: bool) -> list[Key]:
    return [(sentence.id if with_id else "", tuple(sentence.words)) for sentence in sentences]
