"""Output formats: how a tagged document is written."""

from __future__ import annotations

import json
from typing import Any, Protocol

from tagline.core.errors import UserError
from tagline.core.terminal import quoted
from tagline.inference.documents import Document
from tagline.inference.mentions import mentions
from tagline.labels.tagged import TaggedSentence
from tagline.tools.annotation.task import DIGITS, AnnotationTask, in_text
from tagline.tools.annotation.tool_formats import JsonFormat
from tagline.tools.predict.highlighting import Highlighter


class Notation(Protocol):
    """An output format."""

    def includes(self, document: Document) -> bool:
        """Whether the format has lines for the document."""

    def write(self, document: Document, tagged: TaggedSentence) -> str:
        """Format a document that the format `includes`, as complete lines."""

    def before(self, first: bool) -> str:
        """What precedes the lines of a document, such as the bracket or comma of a list."""
        return ""

    def end(self, empty: bool) -> str:
        """What follows the last document; ``empty``: there was none."""
        return ""


class JsonLines(Notation):
    """JSON Lines: one object per document, its own keys followed by the predictions."""

    def includes(self, document: Document) -> bool:
        return True

    def write(self, document: Document, tagged: TaggedSentence) -> str:
        row, added = own_row(document), predictions(document, tagged)
        for key in sorted(row.keys() & added.keys()):
            raise UserError(
                f"{document.name}: the object has a key {key!r}, which tagging adds; expected another name; rename it, "
                "or label the original input"
            )
        return json_line(row | added, document)


def predictions(document: Document, tagged: TaggedSentence) -> dict[str, Any]:
    """The entities of a document and, if it was given as words, the label and score of each."""
    of_words: dict[str, Any] = {}
    if document.text is None:
        of_words["labels"] = tagged.predicted_names
        of_words["scores"] = [round(score, DIGITS) for score in tagged.scores.tolist()]
    found = [mention._replace(score=round(mention.score, DIGITS))._asdict() for mention in mentions(document, tagged)]
    return of_words | {"entities": found}


def json_line(row: dict[str, Any], document: Document) -> str:
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


class Columns(Notation):
    """CoNLL: one word per line with label and score, separated by tabs; an empty line after each document."""

    def includes(self, document: Document) -> bool:
        return bool(document.words)

    def write(self, document: Document, tagged: TaggedSentence) -> str:
        for value in (*document.words, *tagged.predicted_names):
            if not value.isprintable() and not {"\t", "\n", "\r"}.isdisjoint(value):
                raise UserError(
                    f"{document.name}: {quoted(value)} contains a tab or line break; use the output format jsonl"
                )
        rows = zip(document.words, tagged.predicted_names, tagged.scores.tolist(), strict=True)
        return "".join([f"{word}\t{label}\t{score:.{DIGITS}f}\n" for word, label, score in rows]) + "\n"


class Lines(Notation):
    """Text for people: one line per document, with its entities marked."""

    def __init__(self, highlighter: Highlighter) -> None:
        self.write_line = highlighter.line

    def includes(self, document: Document) -> bool:
        return True

    def write(self, document: Document, tagged: TaggedSentence) -> str:
        return self.write_line(document, tagged) + "\n"


class Tasks(Notation):
    """Tasks of an annotation tool, with the predictions to correct."""

    def __init__(self, format_: JsonFormat) -> None:
        self.format = format_

    def includes(self, document: Document) -> bool:
        return bool(document.words)

    def write(self, document: Document, tagged: TaggedSentence) -> str:
        return self.format.line(to_task(document, tagged))

    def before(self, first: bool) -> str:
        return self.format.before(first)

    def end(self, empty: bool) -> str:
        return self.format.end(empty)


def to_task(document: Document, tagged: TaggedSentence) -> AnnotationTask:
    """Make a task of a document with its predicted entities; its ``id`` is kept."""
    text, words = document.text_and_spans()
    entities = [(each, tagged.confidence(each)) for each in tagged.predicted_entities]
    name = document.row.get("id")
    fields = {"id": name} if isinstance(name, str | int) else {}
    return AnnotationTask(text, words, [in_text(entity, words, score) for entity, score in entities], fields=fields)
