"""Raw text with character spans, in JSON or JSON Lines, as annotation tools export it.

``{"text": "Ada lives in Oslo.", "spans": [{"start": 0, "end": 3, "label": "PER"}]}``: offsets count code points, the
end is exclusive, other keys are ignored. The text is split into words by `tagline.sources.languages`; tags are IOB2.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, Literal, NamedTuple

from tagline.core.errors import UserError
from tagline.core.terminal import quoted, shortened
from tagline.sources.formats.base import Key, TagColumn, TextFiles
from tagline.sources.formats.json_rows import read_rows
from tagline.sources.formats.lines import UTF_8
from tagline.sources.formats.lists import to_id
from tagline.sources.formats.sentence import Sentence
from tagline.sources.languages import splitter

# Spans that begin or end inside a word: expand them to whole words, drop them, or fail once all are known.
MisalignedSpans = Literal["expand", "drop", "error"]
SHOWN_SPANS = 3


class Span(NamedTuple):
    start: int
    end: int
    label: str


class SpanFiles(TextFiles):
    """JSON or JSON Lines of raw text with character spans."""

    format: Literal["spans"]
    tag_column: TagColumn
    misaligned_spans: MisalignedSpans
    id: Key | None = None

    @property
    def tag_columns(self) -> list[str]:
        """The only tag column, in IOB2."""
        return [self.tag_column]

    def read(self, path: Path) -> Iterator[Sentence]:
        return read_sentences(
            path, self.tag_column, self.id, self.misaligned_spans == "expand", self.encoding, self.language
        )

    def report(self, notes: Collection[str]) -> str:
        """Count the misaligned spans and show the first ones.

        Raises:
            UserError: there are misaligned spans and ``misaligned_spans`` is error.
        """
        if not notes:
            return ""
        count = f"{len(notes):,} span{'s begin or end' if len(notes) > 1 else ' begins or ends'} inside a word"
        first = "".join(f"\n  {note}" for note in islice(notes, SHOWN_SPANS))
        if self.misaligned_spans == "error":
            raise UserError(
                f"{count}; correct them, or set download.dataset.misaligned_spans to expand or drop:{first}"
            )
        return f"{count}: {'expanded to whole words' if self.misaligned_spans == 'expand' else 'dropped'}{first}"


def read_sentences(
    path: Path,
    tag_column: str,
    id_key: str | None,
    expand: bool,
    encoding: str = UTF_8,
    language: str | None = None,
) -> Iterator[Sentence]:
    """Read a file text by text; each misaligned span is a note of its sentence.

    Args:
        path: see `json_rows`.
        tag_column: the name of the tag column.
        id_key: the key of the sentence's id, if it has one.
        expand: whether a misaligned span is expanded to whole words, or left out.
        encoding: of the file.
        language: of the texts, see `splitter`.

    Raises:
        UserError: see `read_rows`; a text is missing or has no word; a span is malformed, empty, outside the text,
            overlaps another one or contains no word.
    """
    for number, row in read_rows(path, encoding):
        location = f"{path}:{number}"
        text = row.get("text")
        if not isinstance(text, str):
            problem = f"'text' must be a string; got {quoted(text)}" if "text" in row else "the key 'text' is missing"
            raise UserError(f"{location}: {problem}")
        words = splitter(language)(text)
        if not words:
            raise UserError(f"{location}: 'text' has no word; expected at least one")
        if id_key is not None and id_key not in row:
            raise UserError(f"{location}: the key {id_key!r} is missing")
        tags, notes = _tags(text, words, _spans(row, text, location), expand, location)
        sentence_id = to_id(row[id_key], id_key, location) if id_key is not None else None
        yield Sentence(location, [text[start:end] for start, end in words], {tag_column: tags}, sentence_id, notes)


def _spans(row: dict[str, Any], text: str, location: str) -> list[Span]:
    """The checked spans of a row, in the order of the text."""
    values = row.get("spans")
    if not isinstance(values, list):
        problem = f"got {quoted(values)}" if "spans" in row else "the key is missing"
        raise UserError(f"{location}: 'spans' must be a list, which is empty for a text without spans; {problem}")
    spans = sorted(_span(value, text, location) for value in values)
    for before, after in pairwise(spans):
        if after.start < before.end:
            raise UserError(
                f"{location}: {_describe(before, text)} and {_describe(after, text)} overlap; a word has one tag only"
            )
    return spans


def _span(value: Any, text: str, location: str) -> Span:
    keys = ("start", "end", "label")
    if not isinstance(value, dict) or any(key not in value for key in keys):
        raise UserError(f"{location}: a span must be an object with {', '.join(keys)}; got {quoted(value)}")
    start, end, label = (value[key] for key in keys)
    if type(start) is not int or type(end) is not int or not isinstance(label, str) or not label.strip():
        raise UserError(
            f"{location}: start and end of a span must be integers and its label a name; got {quoted(value)}"
        )
    if not 0 <= start < end <= len(text):
        raise UserError(
            f"{location}: span {start} to {end} ({shortened(label)}) is not inside the text of {len(text)} characters"
        )
    return Span(start, end, label)


def _tags(
    text: str, words: list[tuple[int, int]], spans: list[Span], expand: bool, location: str
) -> tuple[list[str], tuple[str, ...]]:
    """Tag the words of a text in IOB2, and describe misaligned spans. Words and spans ascend, so one pass is enough."""
    tags = ["O"] * len(words)
    misaligned = []
    first = 0
    for span in spans:
        while first < len(words) and words[first][1] <= span.start:
            first += 1
        last = first
        while last < len(words) and words[last][0] < span.end:
            last += 1
        if first == last:
            raise UserError(f"{location}: {_describe(span, text)} contains only white space")
        start, end = words[first][0], words[last - 1][1]
        if start < span.start or span.end < end:
            misaligned.append(f"{location}: {_describe(span, text)} covers only part of {quoted(text[start:end])}")
            if not expand:
                continue
            if tags[first] != "O":
                raise UserError(
                    f"{location}: {_describe(span, text)} cannot be expanded; another span is in "
                    f"{quoted(text[start:end])}"
                )
        tags[first:last] = [f"B-{span.label}", *[f"I-{span.label}"] * (last - first - 1)]
    return tags, tuple(misaligned)


def _describe(span: Span, text: str) -> str:
    return f"span {span.start} to {span.end} ({shortened(span.label)}, {quoted(text[span.start : span.end])})"
