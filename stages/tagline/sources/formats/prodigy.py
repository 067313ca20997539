"""Prodigy's JSONL, as ``prodigy db-out`` writes it: a text with spans, an answer and a session per line."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

from pydantic import Field

from tagline.sources.formats.annotated import AnnotatedFiles, AnnotatedText, each, sentences
from tagline.sources.formats.annotators import Annotation
from tagline.sources.formats.base import Format
from tagline.sources.formats.keys import Encoding
from tagline.sources.formats.lines import UTF_8
from tagline.sources.formats.offsets import Span, to_span
from tagline.sources.formats.rows import Row, grouped, recognised_by_keys, rows_of, shared_text
from tagline.terminal import UserError, quoted
from tagline.text.sentence import Note, Sentence

# Interfaces that show spans to accept or reject; people edit them in ner_manual and spans_manual.
BINARY_VIEWS = ("ner", "spans")
Answer = Literal["accept", "reject", "ignore"]


class Keys(AnnotatedFiles):
    """The answers whose rows are read."""

    format: Literal["prodigy"]
    encoding: Encoding = UTF_8
    answers: list[Answer] = Field(default=["accept"], min_length=1)

    @property
    def meanings(self) -> dict[str, str]:
        return {**super().meanings, "other_answers": "annotations with another answer, left out"}


def read(path: Path, keys: Keys) -> Iterator[Sentence]:
    """Read the texts of a file; rows of one input hash are annotations of one text."""
    rows = grouped(lambda: rows_of([path], keys.encoding), "_input_hash")
    return sentences(path, keys, rows, partial(_text, keys=keys))


def _text(rows: Sequence[Row], keys: Keys) -> AnnotatedText:
    """Read the text of some rows."""
    first = rows[0]
    is_binary = _is_binary(first)
    if any(_is_binary(row) != is_binary for row in rows):
        raise UserError(
            f"{first.location}: binary answers beside complete annotations of one text; expected rows of one kind; "
            "export the data sets into files of their own, and read one of them"
        )
    # A rejected span leaves it open which labels its words have.
    answers = ["accept"] if is_binary else keys.answers
    annotations: list[Annotation] = []
    accepted: dict[str, list[Span]] = {}  # by binary answers
    notes = []
    for row in rows:
        if "answer" not in row.content:
            raise UserError(f"{row.location}: the key 'answer' is missing; expected a row of `prodigy db-out`")
        if row.content["answer"] not in answers:
            notes.append(Note("other_answers", row.location))
            continue
        annotator = str(row.content.get("_annotator_id") or row.content.get("_session_id") or "")
        spans = each(row.items("spans"), to_span, row.location)
        if is_binary:
            accepted.setdefault(annotator, []).extend(spans)
        else:
            annotations.append(Annotation(annotator, spans))
    annotations += [Annotation(annotator, spans) for annotator, spans in accepted.items()]
    text = shared_text(rows, "text")
    annotated_parts: list[Span] | None = [] if is_binary else None
    words = _words(first, text)
    return AnnotatedText(first.location, text, annotations, words=words, notes=notes, known=annotated_parts)


def _is_binary(row: Row) -> bool:
    """Whether the answer is about the row's spans only, and says nothing of the other words."""
    # Rows of early versions do not say whether they are binary, but have the interface.
    return bool(row.content.get("_is_binary", row.content.get("_view_id") in BINARY_VIEWS))


def _words(row: Row, text: str) -> list[tuple[int, int]] | None:
    """The tokens of a row without those of white space; None if it has no tokens."""
    words: list[tuple[int, int]] = []
    before = 0
    for token in row.items("tokens"):
        start, end = (token.get(key) if isinstance(token, dict) else None for key in ("start", "end"))
        if type(start) is not int or type(end) is not int or not before <= start <= end <= len(text):
            raise UserError(
                f"{row.location}: tokens must have start and end, in the order of the text; got {quoted(token)}"
            )
        in_text = text[start:end]
        if token.get("text", in_text) != in_text:
            raise UserError(
                f"{row.location}: token {quoted(token['text'])} is {quoted(in_text)} in the text, at {start} to {end}; "
                "expected tokens of this text; correct their start and end, or remove 'tokens' to have the text split "
                "by rules"
            )
        if in_text.strip():
            words.append((start, end))
        before = end
    return words if row.items("tokens") else None


FORMAT = Format(
    keys=Keys,
    read=read,
    recognise=recognised_by_keys("text", "answer", "_input_hash"),
    holds="what `prodigy db-out` writes",
)
