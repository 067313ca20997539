"""From spans to tags: which words a span covers, and spans that no tags can represent."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from operator import attrgetter, itemgetter
from typing import Literal, NamedTuple

from tagline.sources.formats.offsets import Span, WordOffsets
from tagline.terminal import quoted, shortened
from tagline.text.sentence import Note

# Spans that begin or end inside a word: expand them to whole words, drop them, or fail once all are known.
MisalignedSpans = Literal["expand", "drop", "error"]
# Spans that share a word: fail once all are known, or keep the longest, or the one that the file lists first.
SpanOverlaps = Literal["error", "longest", "first"]
# Characters of a span that a message is made of: more than it shows, fewer than masking takes long for.
_DESCRIBED = 1000


class Covered(NamedTuple):
    """A span and the words from ``first`` up to, but not including, ``last``."""

    first: int
    last: int
    span: Span


def to_tags(
    text: str, words: WordOffsets, spans: Sequence[Span], policies: tuple[MisalignedSpans, SpanOverlaps], location: str
) -> tuple[list[str | None], list[Note]]:
    """Tag the words of a text in IOB2.

    Args:
        words: start and end of each word in code points, ascending.
        spans: in the order of the file, inside the text.
        policies: about misaligned spans and overlaps; under error, the caller fails because of the notes.
        location: of the text, for the notes.
    """
    notes = []
    covered = []
    seen = set()
    for span in spans:
        if span in seen:
            notes.append(Note("duplicate_spans", f"{location}: {describe(span, text)}"))
            continue
        seen.add(span)
        first, last = covered_words(span, words)
        start, end = (words[first][0], words[last - 1][1]) if first < last else (0, 0)
        is_aligned = span.start <= start < end <= span.end
        if not is_aligned:
            occurrence = f"{location}: {describe(span, text)} is not of whole words, {quoted(text[start:end])}"
            notes.append(Note("misaligned_spans", occurrence, span.label))
        if is_aligned or (first < last and policies[0] == "expand"):
            covered.append(Covered(first, last, span))
    tags: list[str | None] = ["O"] * len(words)
    for first, last, span in _without_overlaps(covered, policies[1], text, location, notes):
        tags[first:last] = [f"B-{span.label}", *[f"I-{span.label}"] * (last - first - 1)]
    return tags, notes


def covered_words(span: Span, words: WordOffsets) -> tuple[int, int]:
    """The words that end after the span's start and begin before its end: the first, and the one after the last."""
    return bisect_right(words, span.start, key=itemgetter(1)), bisect_left(words, span.end, key=itemgetter(0))


def without_unknown(tags: Sequence[str | None], words: WordOffsets, known: Sequence[Span]) -> list[str | None]:
    """The tags, None for words in no entity and not wholly in a known span."""
    annotated = [False] * len(words)
    for span in known:
        for index in range(*covered_words(span, words)):
            annotated[index] |= span.start <= words[index][0] and words[index][1] <= span.end
    return [tag if tag != "O" or is_known else None for tag, is_known in zip(tags, annotated, strict=True)]


def describe(span: Span, text: str) -> str:
    first = text[span.start : min(span.end, span.start + _DESCRIBED)]
    return f"span {span.start} to {span.end} ({shortened(span.label)}, {quoted(first)})"


def _without_overlaps(
    covered: list[Covered], policy: SpanOverlaps, text: str, location: str, notes: list[Note]
) -> list[Covered]:
    """The spans that share no word with a preferred one; the others are added to the notes."""
    if policy == "longest":
        covered = sorted(covered, key=lambda words: (words.span.start - words.span.end, words.span.start))
    kept: list[Covered] = []  # without overlaps, so that both ends are ascending
    for words in covered:
        index = bisect_right(kept, words.first, key=attrgetter("last"))
        if index == len(kept) or words.last <= kept[index].first:
            kept.insert(index, words)
        else:
            occurrence = f"{location}: {describe(words.span, text)} overlaps {describe(kept[index].span, text)}"
            notes.append(Note("overlapping_spans", occurrence, words.span.label))
    return kept
