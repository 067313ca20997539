"""Prodigy's JSONL of ``prodigy db-out``: a text with spans, an answer and a session per line."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field

from tagline.sources.formats.annotated import AnnotatedText, JsonTexts
from tagline.sources.formats.annotators import Annotation
from tagline.sources.formats.offsets import Span, to_span
from tagline.sources.formats.rows import Row, grouped, rows_of, shared
from tagline.terminal import UserError, quoted
from tagline.text.sentence import Note

# Interfaces that show spans to accept or reject; people edit them in ner_manual and spans_manual.
BINARY_VIEWS = ("ner", "spans")


class Prodigy(JsonTexts):
    """The answers whose rows are read."""

    signs = frozenset({"text", "answer", "_input_hash"})
    own_notes = ("other_answers",)

    format: Literal["prodigy"]
    answers: list[Literal["accept", "reject", "ignore"]] = Field(default=["accept"], min_length=1)

    def texts(self, path: Path) -> Iterator[AnnotatedText]:
        """Yield the texts of a file; rows of one input hash are annotations of one text."""
        for rows in grouped(lambda: rows_of([path], self.encoding), "_input_hash"):
            yield _text(rows, self)


def _text(rows: Sequence[Row], keys: Prodigy) -> AnnotatedText:
    location = rows[0].location
    kinds = set(map(_is_binary, rows))
    if len(kinds) > 1:
        raise UserError(
            f"{location}: binary answers beside complete annotations of one text; expected rows of one kind; export "
            "the data sets into files of their own, and read one of them"
        )
    (is_binary,) = kinds
    # A rejected span leaves it open which labels its words have.
    answers = ["accept"] if is_binary else keys.answers
    annotations: list[Annotation] = []
    accepted: defaultdict[str, list[Span]] = defaultdict(list)  # by binary answers
    notes = []
    for row in rows:
        if "answer" not in row.content:
            raise UserError(f"{row.location}: the key 'answer' is missing; expected a row of `prodigy db-out`")
        if row.content["answer"] not in answers:
            notes.append(Note("other_answers", row.location))
            continue
        annotator = str(row.content.get("_annotator_id") or row.content.get("_session_id") or "")
        spans = [to_span(value, row.location) for value in row.items("spans")]
        if is_binary:
            accepted[annotator] += spans
        else:
            annotations.append(Annotation(annotator, spans))
    annotations += [Annotation(annotator, spans) for annotator, spans in accepted.items()]
    text = shared(rows, lambda row: row.text("text"))
    annotated: list[Span] | None = [] if is_binary else None
    return AnnotatedText(location, text, annotations, words=_words(rows[0], text), notes=notes, known=annotated)


def _is_binary(row: Row) -> bool:
    """Whether the answer is about the row's spans only, not about other words."""
    # Rows of early versions do not say whether they are binary, but have the interface.
    return bool(row.content.get("_is_binary", row.content.get("_view_id") in BINARY_VIEWS))


def _words(row: Row, text: str) -> list[tuple[int, int]] | None:
    """The tokens of a row, but not white space; None if it has no tokens."""
    words: list[tuple[int, int]] = []
    before = 0
    for value in row.items("tokens"):
        token = {**value, "label": "token"} if isinstance(value, dict) else value
        start, end, _, form = to_span(token, row.location)
        if not before <= start <= end <= len(text) or form not in (None, text[start:end]):
            raise UserError(
                f"{row.location}: token {quoted(value)} is not in the text, or not after the token before; expected "
                "tokens of this text; correct their start and end, or remove 'tokens' to have the text split by rules"
            )
        if text[start:end].strip():
            words.append((start, end))
        before = end
    return words if row.items("tokens") else None
