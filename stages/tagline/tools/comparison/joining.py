"""The sentences that several runs have in common, in any order and between any others."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from typing import TypeAlias

from tagline.labels.tagged import TaggedSentence

Key: TypeAlias = tuple[str, tuple[str, ...]]


def join(runs: Sequence[Sequence[TaggedSentence]]) -> list[list[TaggedSentence]]:
    """Find the sentences that all runs have.

    Sentences are the same if their words are. Among sentences with the same words, the one with the same id is matched,
    otherwise the next one: where ids are numbers, an inserted sentence changes all ids after it.

    Returns:
        For each run its common sentences, in the order of the last run.
    """
    *others, reference = runs
    matches = [_match(run, reference) for run in others]
    common = [index for index in range(len(reference)) if all(index in indices for indices in matches)]
    joined = [[run[indices[index]] for index in common] for run, indices in zip(others, matches, strict=True)]
    return [*joined, [reference[index] for index in common]]


def _match(run: Sequence[TaggedSentence], reference: Sequence[TaggedSentence]) -> dict[int, int]:
    """Map indices of the reference to the indices of the same sentences in the run."""
    matches: dict[int, int] = {}
    taken: set[int] = set()
    # First sentences with the same id, then the rest.
    for with_id in (True, False):
        waiting: dict[Key, deque[int]] = defaultdict(deque)
        for index, key in enumerate(_keys(run, with_id)):
            if index not in taken:
                waiting[key].append(index)
        for index, key in enumerate(_keys(reference, with_id)):
            if index not in matches and waiting[key]:
                matches[index] = waiting[key].popleft()
                taken.add(matches[index])
    return matches


def _keys(sentences: Sequence[TaggedSentence], with_id: bool) -> list[Key]:
    return [(sentence.id if with_id else "", tuple(sentence.words)) for sentence in sentences]
