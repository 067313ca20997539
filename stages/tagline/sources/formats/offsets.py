r"""Offsets of spans: tools count code points, UTF-16 units, grapheme clusters or bytes; here all become code points.

In ``"\U0001f44b e\u0301 Oslo"`` (a hand, an e with a combining accent), Oslo begins at code point 5, at UTF-16 unit 6,
at grapheme 4 and at byte 9 of UTF-8. Grapheme clusters also join a carriage return and a line feed, as browsers do.
"""

from collections.abc import Callable, Container, Iterable, Sequence
from itertools import accumulate
from typing import Any, Literal, NamedTuple
from unicodedata import category

import regex

from tagline.terminal import UserError, quoted, shortened

# inclusive: code points, with the index of the last one as end.
Unit = Literal["code_points", "utf16", "graphemes", "bytes", "inclusive"]
# auto: the unit under which most spans are their mentions or, without mentions, begin and end where words do.
Offsets = Literal["auto", "code_points", "utf16", "graphemes", "bytes", "inclusive"]
UNIT_NAMES: dict[Unit, str] = {
    "code_points": "characters",
    "utf16": "UTF-16 units",
    "graphemes": "graphemes",
    "bytes": "bytes of UTF-8",
    "inclusive": "characters with an inclusive end",
}
# Start and end of each word in code points.
Words = Sequence[tuple[int, int]]
# If more of the spans begin or end inside a word, the offsets are wrong. Real data sets have at most 5 %.
MOST_MISALIGNED = 0.25
# Spans that end before punctuation or the end of the text: so few do by chance, and among exclusive ends many more do
# than if one character is added.
_FEW, _MANY_TIMES = 10, 10
# Texts without characters that are counted differently, apart from bytes, that are looked at.
_TEXTS = 1000
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


def to_span(value: Any, location: str, keys: Sequence[str] = ("start", "end", "label")) -> Span:
    """Convert an object with start, end and label to a span; its ``text``, if it has one, is the mention.

    Raises:
        UserError: it is something else.
    """
    if not isinstance(value, dict) or not value.keys() >= set(keys):
        raise UserError(f"{location}: a span must be an object with {', '.join(keys)}; got {quoted(value)}")
    start, end, label = map(value.get, keys)
    mention = value.get("text")
    return new_span(start, end, label, location, mention if isinstance(mention, str) else None)


def list_to_span(value: Any, location: str) -> Span:
    """Convert a list of start, end and label to a span.

    Raises:
        UserError: it is something else.
    """
    if not isinstance(value, list) or len(value) != 3:
        raise UserError(f"{location}: a span must be a list of start, end and label; got {quoted(value)}")
    start, end, label = value
    return new_span(start, end, label, location)


def span_of_words(span: Span, words: Words, location: str, value: Any) -> Span:
    """Convert a span that counts words, its end exclusive, to code points.

    Args:
        span: of words.
        words: start and end of each word in code points.
        location: for the message.
        value: the span as the file has it, for the message.

    Raises:
        UserError: it is empty, or not inside the text.
    """
    if not 0 <= span.start < span.end <= len(words):
        raise UserError(
            f"{location}: span {quoted(value)} is not inside the text of {len(words)} words; expected start < end"
        )
    return span._replace(start=words[span.start][0], end=words[span.end - 1][1])


def new_span(start: Any, end: Any, label: Any, location: str, mention: str | None = None) -> Span:
    """Make a span of values that a file has.

    Raises:
        UserError: an offset is not an integer, or the label is not a name.
    """
    if type(start) is not int or type(end) is not int or not isinstance(label, str) or not label.strip():
        got = quoted((start, end, label))
        raise UserError(f"{location}: start and end of a span must be integers and its label a name; got {got}")
    return Span(start, end, label, mention)


def boundaries(text: str, unit: Unit) -> Sequence[int]:
    """Give for each offset in a unit, from 0 to the length of the text, its offset in code points.

    An offset in the middle of a UTF-16 surrogate pair, or of the bytes of a character, has the value -1.
    """
    if not text.isascii() and (unit == "bytes" or (unit == "utf16" and max(text) > "\uffff")):
        sizes = [len(character.encode()) for character in text]
        if unit == "utf16":
            sizes = [2 if size == 4 else 1 for size in sizes]
        by_start = {start: index for index, start in enumerate(accumulate(sizes, initial=0))}
        return [by_start.get(offset, -1) for offset in range(max(by_start) + 1)]
    if unit == "graphemes" and not _plain(text):
        return [*(match.start() for match in regex.finditer(r"\X", text)), len(text)]
    return range(len(text) + 1)


def detect(
    texts: Iterable[tuple[str, Words | None, Sequence[Span]]], split: Callable[[str], Words], default: Unit
) -> Unit:
    """Find the unit under which most spans are their mentions or, without mentions, begin and end where words do.

    Args:
        texts: each text with its words, if the file has them, and its spans.
        split: finds the words of other texts.
        default: the unit that the tool documents, preferred to others that fit as well. An inclusive end needs more:
            that most spans fit it, and not the other units; or, where each character is a word, that words end after
            spans with it, and hardly ever without.
    """
    wrong: dict[Unit, int] = {default: 0} | dict.fromkeys(UNIT_NAMES, 0)
    looked_at = 0
    closed = dict.fromkeys(wrong, 0)
    for number, (text, words, spans) in enumerate(texts):
        if not spans or (number >= _TEXTS and _plain(text)):
            continue
        looked_at += len(spans)
        words = split(text) if words is None else words
        begins = {begin for begin, _ in words}
        ends = {end for _, end in words}
        for unit in wrong:
            bounds = boundaries(text, unit)
            for span in spans:
                exclusive = to_exclusive(span, unit)
                if not _fits(exclusive, text, bounds, begins, ends):
                    wrong[unit] += 1
                if _is_closed(exclusive, text, bounds):
                    closed[unit] += 1
    of_inclusive = wrong.pop("inclusive")
    best = min(wrong, key=wrong.__getitem__)
    most = MOST_MISALIGNED * looked_at
    is_inclusive = most < wrong[best] or closed["inclusive"] > max(_FEW, _MANY_TIMES * closed[best])
    return "inclusive" if of_inclusive <= most and is_inclusive else best


def to_exclusive(span: Span, unit: Unit) -> Span:
    """The span with an exclusive end."""
    return span._replace(end=span.end + 1) if unit == "inclusive" else span


def _fits(span: Span, text: str, bounds: Sequence[int], begins: Container[int], ends: Container[int]) -> bool:
    if span.mention is not None or not _inside(span, bounds):
        return matches(span, text, bounds)
    return bounds[span.start] in begins and bounds[span.end] in ends


def _is_closed(span: Span, text: str, bounds: Sequence[int]) -> bool:
    """Whether a span without a mention ends before punctuation or a space, or with the text."""
    if span.mention is not None or not _inside(span, bounds):
        return False
    following = text[bounds[span.end] : bounds[span.end] + 1]
    return not following or category(following) in ("Po", "Zs", "Cc")  # brackets and quotes can end a name


def matches(span: Span, text: str, bounds: Sequence[int]) -> bool:
    """Whether a span is inside its text and equals its mention, apart from white space, which tools normalise."""
    if not _inside(span, bounds):
        return False
    in_text = text[bounds[span.start] : bounds[span.end]]
    return span.mention is None or in_text == span.mention or in_text.split() == span.mention.split()


def to_code_points(span: Span, text: str, unit: Unit, bounds: Sequence[int], location: str) -> Span:
    """Convert a span to code points and compare it with its mention.

    Args:
        span: of the text, counted in the unit.
        text: the text.
        unit: of the offsets.
        bounds: see `boundaries`.
        location: where the text is, for messages.

    Raises:
        UserError: the span is empty, reversed, outside the text or inside a character, or is not its mention.
    """
    exclusive = to_exclusive(span, unit)
    name = f"{location}: span {span.start} to {span.end} ({shortened(span.label)})"
    if not _inside(exclusive, bounds):
        split = ", or ends inside a character" if unit in ("utf16", "bytes") else ""
        raise UserError(
            f"{name} is not inside the text of {len(bounds) - 1} {UNIT_NAMES[unit]}{split}; expected start < end"
        )
    converted = Span(bounds[exclusive.start], bounds[exclusive.end], span.label)
    if not matches(exclusive, text, bounds):
        raise UserError(
            f"{name} is {quoted(text[converted.start : converted.end])} in the text, but {quoted(span.mention)} in the "
            f"file; offsets were counted in {UNIT_NAMES[unit]}; export the file again, or see download.dataset.offsets"
        )
    return converted


def _inside(span: Span, bounds: Sequence[int]) -> bool:
    return 0 <= span.start < span.end < len(bounds) and bounds[span.start] >= 0 <= bounds[span.end]


def _plain(text: str) -> bool:
    """Whether all units count this text alike, apart from bytes and inclusive ends."""
    return (text.isascii() and "\r" not in text) or not _COUNTED_DIFFERENTLY.search(text)
