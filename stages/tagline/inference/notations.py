"""Notations: how the answer for a document is written, and how it is known again in a file."""

from __future__ import annotations

import json
from typing import Protocol

from tagline.core.errors import UserError
from tagline.inference.documents import Document
from tagline.inference.highlighting import Highlighter
from tagline.inference.mentions import mentions
from tagline.labels.tagged import TaggedSentence

# Digits of a score after the point.
DIGITS = 4


class Notation(Protocol):
    """How answers are written."""

    def holds(self, document: Document) -> bool:
        """Whether the document appears at all."""

    def write(self, document: Document, tagged: TaggedSentence) -> str:
        """The lines of a document that `holds`, each with its end."""

    def closes(self, line: bytes) -> bool:
        """Whether a line of a file is the last one of its document, and whole."""

    def fits(self, written: str, document: Document) -> bool:
        """Whether these lines are of that document, as far as they tell."""


class JsonLines:
    """An object a document: its own keys, and what was found in it."""

    def holds(self, document: Document) -> bool:
        return True

    def write(self, document: Document, tagged: TaggedSentence) -> str:
        given = {"words": list(document.words)} if document.text is None else {"text": document.text}
        words = {"labels": tagged.predicted_names, "scores": [round(score, DIGITS) for score in tagged.scores.tolist()]}
        found = [
            mention._replace(score=round(mention.score, DIGITS))._asdict() for mention in mentions(document, tagged)
        ]
        row = (document.row or given) | (words if document.text is None else {}) | {"entities": found}
        return json.dumps(row, ensure_ascii=False) + "\n"

    def closes(self, line: bytes) -> bool:
        return line.endswith(b"\n")

    def fits(self, written: str, document: Document) -> bool:
        try:
            row = json.loads(written)
        except ValueError:
            return False
        if not isinstance(row, dict):
            return False
        return row.get("text") == document.text if document.text is not None else row.get("words") == document.words


class Columns:
    """CoNLL: a word a line with its label and its score, divided by tabs, and an empty line after each document."""

    def holds(self, document: Document) -> bool:
        return bool(document.words)

    def write(self, document: Document, tagged: TaggedSentence) -> str:
        for word in document.words:
            if not word.isprintable() and not {"\t", "\n", "\r"}.isdisjoint(word):
                raise UserError(f"{document.place}: the word {word!r} can't stand in a column: write JSON Lines")
        rows = zip(document.words, tagged.predicted_names, tagged.scores.tolist(), strict=True)
        return "".join([f"{word}\t{label}\t{score:.{DIGITS}f}\n" for word, label, score in rows]) + "\n"

    def closes(self, line: bytes) -> bool:
        return line == b"\n"

    def fits(self, written: str, document: Document) -> bool:
        return [line.split("\t")[0] for line in written.split("\n")[:-2]] == list(document.words)


class Lines:
    """A line a document, with its entities marked, for people."""

    def __init__(self, highlighter: Highlighter) -> None:
        self.write_line = highlighter.line

    def holds(self, document: Document) -> bool:
        return True

    def write(self, document: Document, tagged: TaggedSentence) -> str:
        return self.write_line(document, tagged) + "\n"

    def closes(self, line: bytes) -> bool:
        return line.endswith(b"\n")

    def fits(self, written: str, document: Document) -> bool:
        return True  # the marks can't be told from the text
