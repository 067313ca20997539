"""Prodigy's JSONL, as ``prodigy db-out`` writes it: a text with spans, an answer and a session per line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field

from tagline.core.errors import UserError
from tagline.core.terminal import quoted
from tagline.sources.formats.annotated import AnnotatedText, AnnotatorFiles, Errors, list_in, shared_text, to_span
from tagline.sources.formats.annotators import Annotation, Row, grouped
from tagline.sources.formats.json_objects import first_rows, read_rows
from tagline.sources.formats.sniffing import SPANS, Keys, Sample
from tagline.text.sentence import Note

# Interfaces that show spans to accept or reject; people edit them in ner_manual and spans_manual.
BINARY_VIEWS = ("ner", "spans")
Answer = Literal["accept", "reject", "ignore"]


class ProdigyFiles(AnnotatorFiles):
    """Exports of Prodigy; rows of one input hash are annotations of one text."""

    holds: ClassVar[str] = "what `prodigy db-out` writes"

    format: Literal["prodigy"]
    answers: list[Answer] = Field(default=["accept"], min_length=1)

    @classmethod
    def sniff(cls, sample: Sample) -> Keys | None:
        rows = first_rows(sample)
        return {**SPANS} if rows and all({"text", "answer", "_input_hash"} <= row.keys() for row in rows) else None

    @property
    def meanings(self) -> dict[str, str]:
        return {**super().meanings, "other_answers": "annotations with another answer, left out"}

    def texts(self, path: Path, errors: Errors) -> Iterator[AnnotatedText]:
        rows = grouped(
            lambda: ((f"{path}:{number}", row) for number, row in read_rows(path, self.encoding)), "_input_hash"
        )
        for of_text in rows:
            with errors.collected():
                yield self._text(of_text, errors)

    def _text(self, rows: Sequence[tuple[str, Row]], errors: Errors) -> AnnotatedText:
        annotations, notes = [], []
        for location, row in rows:
            if _answer(row, location) not in self.answers:
                notes.append(Note("other_answers", location))
                continue
            annotator = row.get("_annotator_id") or row.get("_session_id") or ""
            spans = errors.of_each(list_in(row, "spans", location), partial(to_span, location=location))
            annotations.append(Annotation(str(annotator), spans))
        location, first = rows[0]
        text = shared_text(rows, "text")
        return AnnotatedText(location, text, annotations, words=_words(first, text, location), notes=notes)


def _answer(row: Row, location: str) -> Any:
    """The answer of a row.

    Raises:
        UserError: there is none, or it is about one span and says nothing of the other words.
    """
    # Rows of early versions do not say whether they are binary, but have the interface.
    if row.get("_is_binary", row.get("_view_id") in BINARY_VIEWS):
        raise UserError(
            f"{location}: a binary answer, which is about one span only; expected rows of ner.manual, ner.correct, "
            "spans.manual or review"
        )
    if "answer" not in row:
        raise UserError(f"{location}: the key 'answer' is missing; expected a row of `prodigy db-out`")
    return row["answer"]


def _words(row: Row, text: str, location: str) -> list[tuple[int, int]] | None:
    """The tokens of a row without those of white space; None if it has no tokens."""
    if not row.get("tokens"):
        return None
    words: list[tuple[int, int]] = []
    before = 0
    for token in list_in(row, "tokens", location):
        start, end = (token.get(key) if isinstance(token, dict) else None for key in ("start", "end"))
        if type(start) is not int or type(end) is not int or not before <= start <= end <= len(text):
            raise UserError(
                f"{location}: tokens must have start and end, in the order of the text; got {quoted(token)}"
            )
        if text[start:end].strip():
            words.append((start, end))
        before = end
    return words
