"""Tagged documents as lines."""

import json
import os
import re
from collections.abc import Sequence
from itertools import count
from typing import Any

from tagline.inference import Document
from tagline.inference.documents import mentions
from tagline.labels import Labels, TaggedSentence, type_grounds
from tagline.terminal import UserError, quoted
from tagline.tools.answers.options import DIGITS

# Control characters and line breaks; other invisible characters, such as joiners and unusual spaces, belong to a text.
_CONTROL = re.compile(r"[\0-\x1f\x7f-\x9f\u2028\u2029]")
_RESET, _BOLD, _NORMAL, _DIM = "\x1b[0m", "\x1b[1m", "\x1b[22m", "\x1b[2m"


def json_line(document: Document, tagged: TaggedSentence) -> str:
    """Write a document as one JSON object: its own keys, then the predictions."""
    row = own_row(document)
    added = predictions(document, tagged)
    for key in sorted(row.keys() & added.keys()):
        raise UserError(
            f"{document.name}: the object has a key {key!r}, which tagging adds; "
            "expected another name; rename it, or label the original input"
        )
    return row_line(row | added, document)


def predictions(document: Document, tagged: TaggedSentence) -> dict[str, Any]:
    """The entities of a document; if it was words, also labels and scores."""
    row: dict[str, Any] = {}
    if document.text is None:
        row["labels"] = tagged.predicted_names
        row["scores"] = [round(score, DIGITS) for score in tagged.scores.tolist()]
    row["entities"] = []
    for mention in mentions(document, tagged):
        rounded = mention._replace(score=round(mention.score, DIGITS))
        row["entities"].append(rounded.row())
    if tagged.is_promised is not None:
        row["promised"] = tagged.is_promised
    return row


def row_line(row: dict[str, Any], document: Document) -> str:
    """Write an object with a document's keys as a line.

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
    if document.row:
        return dict(document.row)
    if document.text is None:
        return {"words": list(document.words)}
    return {"text": document.text}


def conll_lines(document: Document, tagged: TaggedSentence) -> str:
    """Write word, label and score per line, tab-separated, then an empty line; nothing without words."""
    if not document.words:
        return ""
    for value in (*document.words, *tagged.predicted_names):
        if not value.isprintable() and not {"\t", "\n", "\r"}.isdisjoint(value):
            raise UserError(
                f"{document.name}: {quoted(value)} contains a tab or line break; use the output format jsonl"
            )
    rows = zip(document.words, tagged.predicted_names, tagged.scores.tolist(), strict=True)
    return "".join([f"{word}\t{label}\t{score:.{DIGITS}f}\n" for word, label, score in rows]) + "\n"


def in_color(stream: Any) -> bool:
    """Whether to use colours: on a terminal that has them, unless NO_COLOR is set (https://no-color.org)."""
    return bool(stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb")


class Highlighter:
    """Formats documents as lines.

    Args:
        color: use colours of a terminal instead of brackets.
    """

    def __init__(self, labels: Labels, color: bool) -> None:
        self._grounds = type_grounds.of_types(labels.types)
        self._is_tags = labels.kind == "tags"
        self._color = color

    def line(self, document: Document, tagged: TaggedSentence) -> str:
        """Format a document as one line, with control characters escaped."""
        text, spans = document.text_and_spans()
        line = ""
        end = 0
        for entity in tagged.predicted_entities:
            start = spans[entity.start][0]
            if self._is_tags and 0 < end == start:
                line += " "  # "dogs/NOUN." would look like a tag "NOUN.", so a space follows each tag
            line += _escaped(text[end:start])
            end = spans[entity.end - 1][1]
            score = f"{tagged.confidence(entity):.2f}"
            if tagged.is_accepted(entity):
                score += " ✓"
            line += self._mark(entity.type, _escaped(text[start:end]), score)
        return f"{line}{_escaped(text[end:])}\n"

    def _mark(self, type_: str, text: str, score: str) -> str:
        name = _escaped(type_)
        if self._is_tags and self._color:
            return f"{text}{_DIM}/{name}{_RESET}"
        if self._is_tags:
            return f"{text}/{name}"
        if self._color:
            background = f"\x1b[30;48;5;{type_grounds.GROUNDS[self._grounds[type_]]}m"
            return f"{background} {text} {_BOLD}{name}{_NORMAL} {score} {_RESET}"
        return f"[{text} {name} {score}]"


class Redactor:
    """Writes texts with the type of each entity in its place, as ``[PER]``; JSON objects with such a text or words.

    Keys that tagging adds, such as ``entities`` of an earlier run, are left out, since they have the words.

    Args:
        numbered: write ``[PER_1]``, with one number for the same words of a type in a document (all sentences below one
            -DOCSTART-). A number whose mark is already in a text is left out.
        text_key: of the text in an object.
    """

    def __init__(self, numbered: bool, text_key: str = "text") -> None:
        self._numbered = numbered
        self._text_key = text_key
        self._marks: dict[tuple[str, ...], str] = {}

    def line(self, document: Document, tagged: TaggedSentence) -> str:
        """Format a document as an object or a text, with control characters other than tabs escaped."""
        text, spans = document.text_and_spans()
        if not document.continues:
            self._marks = {}
        for mark in self._marks.values():
            if mark in text:
                raise UserError(
                    f"{document.name}: the text has {mark}, which stands for an entity of an earlier sentence of the "
                    "document; expected a text without such marks; use redacted, or change the input"
                )
        masked_words = list[str]()
        masked = ""
        next_word = 0
        end = 0
        for entity in tagged.predicted_entities:
            mark = self._mark(entity.type, document.words[entity.start : entity.end], text)
            masked_words += [*document.words[next_word : entity.start], mark]
            masked += text[end : spans[entity.start][0]] + mark
            next_word = entity.end
            end = spans[entity.end - 1][1]
        masked_words += document.words[next_word:]
        masked += text[end:]
        if not document.row:
            return "\t".join(map(_escaped, masked.split("\t"))) + "\n"
        added = predictions(document, tagged).keys()
        row = {key: value for key, value in document.row.items() if key not in added}
        if document.text is None:
            row["words"] = masked_words
        else:
            row[self._text_key] = masked
        return row_line(row, document)

    def _mark(self, type_: str, words: Sequence[str], text: str) -> str:
        if not self._numbered:
            return f"[{type_}]"
        key = (type_, *words)
        if key not in self._marks:
            used = set(self._marks.values())
            marks = (f"[{type_}_{number}]" for number in count(1))
            self._marks[key] = next(mark for mark in marks if mark not in used and mark not in text)
        return self._marks[key]


def _escaped(text: str) -> str:
    return _CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode(), text)
