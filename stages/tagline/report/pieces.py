"""Pieces: a sentence cut wherever a gold or a predicted span begins or ends, so that the page can mark both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from tagline.labels.entities import Entity
from tagline.metrics.outcomes import Outcome

NONE = -1


@dataclass(frozen=True)
class Piece:
    """Some words of a sentence, or a note on those before.

    Attributes:
        text: words that stand in the same spans, with the spaces around them.
        gold: whether they stand in a gold span.
        predicted: whether they stand in a predicted one.
        note: an outcome that ends here; the text is empty then.
        left_out: how many words are left out here; the text is empty then.
    """

    text: str = ""
    gold: bool = False
    predicted: bool = False
    note: Outcome | None = None
    left_out: int = 0


def pieces(words: Sequence[str], found: Sequence[Outcome], kept: Sequence[bool]) -> list[Piece]:
    """Cut a sentence wherever a span begins or ends. The space between two words is in the spans that hold both.

    Args:
        words: its words.
        found: all outcomes, correct ones too.
        kept: which words are shown.
    """
    gold = _owners(len(words), [outcome.gold for outcome in found])
    predicted = _owners(len(words), [outcome.predicted for outcome in found])
    ending: dict[int, list[Outcome]] = {}
    for outcome in found:
        ending.setdefault(outcome.extent[1] - 1, []).append(outcome)
    made: list[Piece] = []
    for is_kept, run in groupby(range(len(words)), key=kept.__getitem__):
        places = list(run)
        if not is_kept:
            made.append(Piece(left_out=len(places)))
            continue
        parts: list[_Part] = []
        for place in places:
            here = _Part(words[place], gold[place], predicted[place], ending.get(place, []))
            if place and kept[place - 1]:
                parts.append(_Part(" ", _between(gold, place), _between(predicted, place), []))
            parts.append(here)
        made += _merged(parts)
    return made


class _Part(NamedTuple):
    """A word or a space, the numbers of the spans that it stands in, and the outcomes that end behind it."""

    text: str
    gold: int
    predicted: int
    ending: list[Outcome]


def _merged(parts: Sequence[_Part]) -> list[Piece]:
    """Neighbours in the same spans as one piece, up to where outcomes end."""
    made: list[Piece] = []
    text = ""
    for part, after in zip(parts, [*parts[1:], None], strict=True):
        text += part.text
        goes_on = after is not None and (after.gold, after.predicted) == (part.gold, part.predicted)
        if part.ending or not goes_on:
            made.append(Piece(text, part.gold != NONE, part.predicted != NONE))
            text = ""
        made += [Piece(note=outcome) for outcome in part.ending]
    return made


def _owners(length: int, spans: Sequence[Entity | None]) -> list[int]:
    """For each word the number of the span that it stands in."""
    owners = [NONE] * length
    for number, span in enumerate(spans):
        if span:
            owners[span.start : span.end] = [number] * (span.end - span.start)
    return owners


def _between(owners: Sequence[int], place: int) -> int:
    """The number of the span that the space before a word stands in."""
    return owners[place] if owners[place - 1] == owners[place] else NONE
