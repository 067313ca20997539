"""Output formats: how a tagged document is written."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tagline.core.errors import UserError
from tagline.core.terminal import quoted
from tagline.inference.documents import Document
from tagline.inference.mentions import mentions
from tagline.labels.tagged import TaggedSentence
from tagline.tools.annotation.task import DIGITS, AnnotationTask, in_text
from tagline.tools.annotation.tool_formats import JsonFormat


@dataclass(frozen=True)
class Notation:
    """An output format.

    Attributes:
        lines: formats a document as complete lines.
        with_empty: documents without words are written too.
        opening: precedes the first document, as the bracket of a list does.
        separator: precedes each further document.
        closing: follows the last document.
    """

    lines: Callable[[Document, TaggedSentence], str]
    with_empty: bool = True
    opening: str = ""
    separator: str = ""
    closing: str = ""


def json_line(document: Document, tagged: TaggedSentence) -> str:
    """Write a document as one JSON object: its own keys followed by the predictions."""
    row, added = own_row(document), predictions(document, tagged)
    for key in sorted(row.keys() & added.keys()):
        raise UserError(
            f"{document.name}: the object has a key {key!r}, which tagging adds; expected another name; rename it, "
            "or label the original input"
        )
    return row_line(row | added, document)


def predictions(document: Document, tagged: TaggedSentence) -> dict[str, Any]:
    """The entities of a document and, if it was given as words, the label and score of each."""
    of_words: dict[str, Any] = {}
    if document.text is None:
        of_words["labels"] = tagged.predicted_names
        of_words["scores"] = [round(score, DIGITS) for score in tagged.scores.tolist()]
    found = [mention._replace(score=round(mention.score, DIGITS))._asdict() for mention in mentions(document, tagged)]
    return of_words | {"entities": found}


def row_line(row: dict[str, Any], document: Document) -> str:
    """Write an object with keys of a document as a line.

    Raises:
        UserError: JSON does not have one of its numbers.
    """
    try:
        return json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n"
    except ValueError:
        raise UserError(
            f"{document.name}: a number is NaN or infinite, which JSON does not have; expected a finite number or "
            "null; correct the input"
        ) from None


def own_row(document: Document) -> dict[str, Any]:
    """A new object with the document's own keys."""
    return dict(document.row) or ({"words": list(document.words)} if document.text is None else {"text": document.text})


def conll_lines(document: Document, tagged: TaggedSentence) -> str:
    """Write one word per line with label and score, separated by tabs, and an empty line."""
    for value in (*document.words, *tagged.predicted_names):
        if not value.isprintable() and not {"\t", "\n", "\r"}.isdisjoint(value):
            raise UserError(
                f"{document.name}: {quoted(value)} contains a tab or line break; use the output format jsonl"
            )
    rows = zip(document.words, tagged.predicted_names, tagged.scores.tolist(), strict=True)
    return "".join([f"{word}\t{label}\t{score:.{DIGITS}f}\n" for word, label, score in rows]) + "\n"


JSON_LINES = Notation(json_line)
CONLL = Notation(conll_lines, with_empty=False)


def task_notation(format_: JsonFormat) -> Notation:
    """The notation of an annotation tool: tasks with the predictions to correct."""
    return Notation(
        lambda document, tagged: format_.line(to_task(document, tagged)),
        False,
        format_.opening,
        format_.separator,
        format_.closing,
    )


def to_task(document: Document, tagged: TaggedSentence) -> AnnotationTask:
    """Make a task of a document with its predicted entities; its ``id`` is kept."""
    text, words = document.text_and_spans()
    entities = [(each, tagged.confidence(each)) for each in tagged.predicted_entities]
    name = document.row.get("id")
    fields = {"id": name} if isinstance(name, str | int) else {}
    return AnnotationTask(text, words, [in_text(entity, words, score) for entity, score in entities], fields=fields)
