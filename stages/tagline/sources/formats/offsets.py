r"""Offsets of spans: tools count code points, UTF-16 units or grapheme clusters; here all become code points.

In ``"\U0001f44b e\u0301 Oslo"`` (a hand, an e with a combining accent), Oslo begins at code point 5, at UTF-16 unit 6
and at grapheme 4. Grapheme clusters also join a carriage return and a line feed, as browsers do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Literal, NamedTuple

import regex

Unit = Literal["code_points", "utf16", "graphemes"]
# auto: the unit under which every mention that the file carries matches its text.
Offsets = Literal["auto", "code_points", "utf16", "graphemes"]
UNIT_NAMES: dict[Unit, str] = {"code_points": "characters", "utf16": "UTF-16 units", "graphemes": "graphemes"}


# Characters beyond 16 bits, and those that can join another one in a grapheme cluster.
_COUNTED_DIFFERENTLY = regex.compile(
    r"[\U00010000-\U0010FFFF]|[^\p{GCB=Other}\p{GCB=Control}\p{GCB=LV}\p{GCB=LVT}\r\n]|\r\n"
)


class Span(NamedTuple):
    """A labelled part of a text; the end is exclusive, and the mention is the part as the file repeats it."""

    start: int
    end: int
    label: str
    mention: str | None = None


def boundaries(text: str, unit: Unit) -> Sequence[int]:
    """Give for each offset in a unit, from 0 to the length of the text, its offset in code points.

    An offset in the middle of a UTF-16 surrogate pair has the value -1.
    """
    if unit == "utf16" and not text.isascii() and max(text) > "\uffff":
        starts = accumulate((2 if character > "\uffff" else 1 for character in text), initial=0)
        by_start = {start: index for index, start in enumerate(starts)}
        return [by_start.get(offset, -1) for offset in range(max(by_start) + 1)]
    if unit == "graphemes" and not _plain(text):
        return [*(match.start() for match in regex.finditer(r"\X", text)), len(text)]
    return range(len(text) + 1)


def detect(texts: Iterable[tuple[str, Sequence[Span]]], default: Unit) -> Unit:
    """Find the unit under which most of the mentions match their texts.

    Args:
        texts: each text with its spans.
        default: the unit that the tool documents, preferred to others that match as many.
    """
    mismatches = {default: 0} | dict.fromkeys(UNIT_NAMES, 0)
    for text, spans in texts:
        if not _plain(text):
            for unit in UNIT_NAMES:
                bounds = boundaries(text, unit)
                mismatches[unit] += sum(not matches(span, text, bounds) for span in spans)
    return min(mismatches, key=mismatches.__getitem__)


def matches(span: Span, text: str, bounds: Sequence[int]) -> bool:
    """Whether a span is inside its text and equals its mention, apart from white space, which tools normalise."""
    if not _inside(span, bounds):
        return False
    found = text[bounds[span.start] : bounds[span.end]]
    return span.mention is None or found == span.mention or found.split() == span.mention.split()


def to_code_points(span: Span, bounds: Sequence[int]) -> Span | None:
    """Convert a span to code points; None if it is empty, reversed, outside the text or inside a character."""
    return Span(bounds[span.start], bounds[span.end], span.label) if _inside(span, bounds) else None


def _inside(span: Span, bounds: Sequence[int]) -> bool:
    return 0 <= span.start < span.end < len(bounds) and bounds[span.start] >= 0 <= bounds[span.end]


def _plain(text: str) -> bool:
    """Whether all units count this text alike."""
    return (text.isascii() and "\r" not in text) or not _COUNTED_DIFFERENTLY.search(text)
