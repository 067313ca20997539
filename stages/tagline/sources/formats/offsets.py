r"""Spans of characters and of words, in the unit in which a tool counts; in a `Sentence` all are code points.

In ``"\U0001f44b e\u0301 Oslo"`` (a hand, an e with a combining accent), Oslo begins at code point 5, at UTF-16 unit 6
and at byte 9 of UTF-8.
"""

from collections.abc import Sequence
from itertools import accumulate
from typing import Any, Literal, NamedTuple

from tagline.terminal import UserError, quoted, shortened

# inclusive: code points, with the index of the last one as end.
Unit = Literal["code_points", "utf16", "bytes", "inclusive"]
# Start and end of each word in code points.
WordOffsets = Sequence[tuple[int, int]]


class Span(NamedTuple):
    """A labelled part of a text; the end is exclusive, the mention is the part as the file repeats it."""

    start: int
    end: int
    label: str
    mention: str | None = None


def to_span(value: Any, location: str, keys: Sequence[str] = ("start", "end", "label")) -> Span:
    """Convert an object with start, end and label, or a list of these; ``text`` is the mention."""
    if isinstance(value, dict) and value.keys() >= set(keys):
        start, end, label = map(value.get, keys)
        return new_span(start, end, label, location, value.get("text"))
    if isinstance(value, list) and len(value) == 3:
        start, end, label = value
        return new_span(start, end, label, location)
    raise UserError(
        f"{location}: a span must be an object with {', '.join(keys)}, or a list of these; got {quoted(value)}"
    )


def span_of_words(span: Span, words: WordOffsets, location: str, value: Any) -> Span:
    """Convert a span of words to code points; ``value`` is how the file has it."""
    if not 0 <= span.start < span.end <= len(words):
        raise UserError(
            f"{location}: span {quoted(value)} is not inside the text of {len(words)} words; expected start < end"
        )
    return span._replace(start=words[span.start][0], end=words[span.end - 1][1])


def new_span(start: Any, end: Any, label: Any, location: str, mention: Any = None) -> Span:
    """Make a span of values of a file; a `UserError` if they are no integers and name."""
    if type(start) is not int or type(end) is not int or not isinstance(label, str) or not label.strip():
        got = quoted((start, end, label))
        raise UserError(f"{location}: start and end of a span must be integers and its label a name; got {got}")
    return Span(start, end, label, mention if isinstance(mention, str) else None)


def boundaries(text: str, unit: Unit) -> Sequence[int]:
    """Give for each offset in a unit, from 0 to the length of the text, its offset in code points.

    It is -1 in the middle of a UTF-16 surrogate pair or of the bytes of a character.
    """
    if text.isascii() or unit not in ("bytes", "utf16"):
        return range(len(text) + 1)
    sizes = [len(character.encode()) for character in text]
    if unit == "utf16":
        sizes = [2 if size == 4 else 1 for size in sizes]
    by_start = {start: index for index, start in enumerate(accumulate(sizes, initial=0))}
    return [by_start.get(offset, -1) for offset in range(max(by_start) + 1)]


def to_code_points(span: Span, text: str, unit: Unit, bounds: Sequence[int], location: str) -> Span:
    """Convert a span to code points and compare it with its mention, white space apart.

    Raises:
        UserError: the span is empty, reversed, outside the text or inside a character, or is not its mention.
    """
    name = f"{location}: span {span.start} to {span.end} ({shortened(span.label)})"
    start = span.start
    end = span.end + (unit == "inclusive")
    if not 0 <= start < end < len(bounds) or bounds[start] < 0 or bounds[end] < 0:
        raise UserError(
            f"{name} is not inside the text, whose length in {unit} is {len(bounds) - 1}; expected start < end, at "
            "borders of characters"
        )
    in_text = text[bounds[start] : bounds[end]]
    if span.mention is not None and in_text.split() != span.mention.split():
        raise UserError(
            f"{name} is {quoted(in_text)} in the text, but {quoted(span.mention)} in the file; offsets were counted in "
            f"{unit}; export the file again, or as format spans with offsets in another unit"
        )
    return Span(bounds[start], bounds[end], span.label)
