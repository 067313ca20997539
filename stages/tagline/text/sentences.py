"""Sentences of raw text by the rules of sentencex, which knows abbreviations of many languages."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from importlib.metadata import version
from itertools import pairwise

from sentencex import get_sentence_boundaries

TextSpan = tuple[int, int]

LIBRARY = "sentencex"
DEFAULT_LANGUAGE = "en"

_BREAK = r"(?>\r\n|[\n\v\f\r\x85\u2028\u2029])"
_BLANK_LINE = re.compile(rf"{_BREAK}[^\S\n\v\f\r\x85\u2028\u2029]*{_BREAK}\s*")
# sentencex 1.0 fails at an initial after white space of several bytes. The replacement keeps all offsets.
_WIDE_SPACES = dict.fromkeys(map(ord, "\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000"), " ")
_WIDE_SPACES |= dict.fromkeys(range(0x2000, 0x200B), " ")


def library_version() -> str:
    """Library and version, as ``sentencex 1.0.32``; another version may find other sentences."""
    return f"{LIBRARY} {version(LIBRARY)}"


def split_sentences(text: str, language: str | None = None) -> list[TextSpan]:
    """Find the sentences of a text as (start, end) offsets in code points, ascending, with end exclusive.

    Every character that is not white space is in exactly one sentence; none begins or ends with white space. A blank
    line always ends a sentence, a single line break does not.

    Args:
        text: any text without lone surrogates.
        language: an ISO code, for its abbreviations; None: English.
    """
    spans = []
    begin = 0
    for blank in _BLANK_LINE.finditer(text):
        spans += _split_paragraph(text, begin, blank.start(), language)
        begin = blank.end()
    spans += _split_paragraph(text, begin, len(text), language)
    return [(start, end) for start, end in spans if start < end]


def _split_paragraph(text: str, begin: int, end: int, language: str | None) -> list[TextSpan]:
    paragraph = text[begin:end].translate(_WIDE_SPACES)
    borders = [begin]
    for boundary in get_sentence_boundaries(language or DEFAULT_LANGUAGE, paragraph):
        borders.append(begin + boundary["end_index"])
    borders.append(end)
    return [_stripped(text, *span) for span in pairwise(borders)]


def ends_among(words: Sequence[TextSpan], sentences: Sequence[TextSpan]) -> list[int]:
    """Where each sentence ends among the words of a text; one that ends inside a word goes on.

    Words 0-2 3-5 6-8 and sentences 0-5 6-8 give 2 3, as do sentences 0-5 6-7 7-8.
    """
    starts = [start for start, _ in words]
    ends = [end for _, end in words]
    counts = {len(words)}
    for _, end in sentences:
        count = bisect_right(ends, end)
        if count == bisect_left(starts, end):
            counts.add(count)
    return sorted(counts - {0})


def _stripped(text: str, start: int, end: int) -> TextSpan:
    part = text[start:end]
    return start + len(part) - len(part.lstrip()), end - len(part) + len(part.rstrip())
