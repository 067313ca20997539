"""Joining: which sentences several runs have in common, whatever else their splits hold and in whatever order."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from typing import TypeAlias

from tagline.comparison.runs import Rows

Key: TypeAlias = tuple[str, tuple[str, ...]]


def join(runs: Sequence[Rows]) -> list[list[int]]:
    """Find the sentences that all runs have.

    Sentences are the same when their words are. Of several with the same words the one with the same id is taken,
    else the next one: a sentence that came in further up gives all those below it other ids where ids are numbers.

    Returns:
        For each run the places of the common sentences, all in the order that they have in the last run.
    """
    *others, reference = runs
    found = [_places(run, reference) for run in others]
    common = [place for place in range(len(reference.ids)) if all(place in places for places in found)]
    return [*([places[place] for place in common] for places in found), common]


def _places(run: Rows, reference: Rows) -> dict[int, int]:
    """For places of the reference, those of the same sentences in the run."""
    found: dict[int, int] = {}
    taken: set[int] = set()
    # First those with the same id, then whatever is left.
    for with_id in (True, False):
        waiting: dict[Key, deque[int]] = defaultdict(deque)
        for place, key in enumerate(_keys(run, with_id)):
            if place not in taken:
                waiting[key].append(place)
        for place, key in enumerate(_keys(reference, with_id)):
            if place not in found and waiting[key]:
                found[place] = waiting[key].popleft()
                taken.add(found[place])
    return found


def _keys(rows: Rows, with_id: bool) -> list[Key]:
    return [(name if with_id else "", tuple(words)) for name, words in zip(rows.ids, rows.words, strict=True)]
