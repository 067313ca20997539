"""Findings: what a split has that its user should know of, counted, with the first places and limits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice

# What each count means; the keys are those of metrics/data.json and of tokenize_align.limits.
MEANINGS = {
    "illegal": "tags that the label scheme forbids where they stand",
    "unseen": "labels that the training split has not",
    "duplicates": "sentences that also stand in the training split",
    "without_subwords": "words that tokenise to nothing",
    "cut_words": "words longer than a window, cut to their first sub-words",
    "windowed": "sentences longer than a window",
}
SHOWN = 3


class Findings:
    """Counts of one split by kind, and where the first of each are."""

    def __init__(self) -> None:
        self.counts = dict.fromkeys(MEANINGS, 0)
        self.places: dict[str, list[str]] = {kind: [] for kind in MEANINGS}

    def add(self, kind: str, count: int, places: Iterable[str]) -> None:
        """Count some, and name the first; of ``places`` no more are taken than are shown."""
        self.counts[kind] += count
        if count:
            self.places[kind] += islice(places, SHOWN - len(self.places[kind]))

    def lines(self) -> list[str]:
        """A line for each kind of which there are any."""
        return [self.line(kind) for kind, count in self.counts.items() if count]

    def over(self, limits: Mapping[str, int | None]) -> list[str]:
        """A line for each kind of which there are more than its limit (None: no limit)."""
        return [
            self.line(kind, f", tokenize_align.limits.{kind} allows {limit:,}")
            for kind, limit in limits.items()
            if limit is not None and self.counts[kind] > limit
        ]

    def line(self, kind: str, remark: str = "") -> str:
        """Count, meaning and first places of a kind."""
        places = self.places[kind]
        more = "; ..." if len(places) == SHOWN < self.counts[kind] else ""
        return f"{MEANINGS[kind]}: {self.counts[kind]:,}{remark} ({'; '.join(places)}{more})"
