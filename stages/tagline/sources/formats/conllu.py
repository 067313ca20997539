"""CoNLL-U files (https://universaldependencies.org/format.html): ten tab-separated columns, comments, word ids.

Syntactic words are read. The surface form of a multi-word token (id ``1-2``) and the empty nodes of enhanced
dependencies (id ``1.1``) are skipped, since neither is a word of the sentence by the format's own definition.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import model_validator

from tagline.sources.formats.base import Documents, Key, TagColumns, TextFiles, UnknownTag, in_documents
from tagline.sources.formats.lines import at_least_one, paragraphs, read_lines
from tagline.sources.formats.sniffing import Guess, Sample, marks_spans
from tagline.terminal.errors import UserError
from tagline.terminal.escaping import quoted
from tagline.text.languages import Spans
from tagline.text.sentence import Sentence, Surface

COLUMNS = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
# Columns that can be tags, and those of them that hold KEY=VALUE pairs.
TAGGABLE, WITH_KEYS = COLUMNS[2:], ("feats", "misc")
_ID = re.compile(r"[1-9][0-9]{0,8}")
_FIRST_ID = re.compile(r"1|0\.1")  # the first word or empty node of a sentence
_SKIPPED_ID = re.compile(rf"{_ID.pattern}-{_ID.pattern}|[0-9]+\.[1-9][0-9]*")
_SENT_ID = re.compile(r"#\s*sent_id\s*=\s*(.*?)\s*")
_TEXT = re.compile(r"#\s*text\s*=\s*(.*?)\s*")
_NEW_DOCUMENT = re.compile(r"#\s*newdoc(?:\s+id\s*=\s*(.*?))?\s*")
UNSPECIFIED = "_"


class ConlluFiles(UnknownTag, TextFiles):
    """CoNLL-U files: a tag column is a column by its name in lower case, or one key of FEATS or MISC (``misc:NER``)."""

    holds: ClassVar[str] = "[CoNLL-U](https://universaldependencies.org/format.html)"

    format: Literal["conllu"]
    tag_columns: TagColumns
    absent: Key = "_"
    documents: Documents = "marked"

    @model_validator(mode="after")
    def _columns_exist(self) -> ConlluFiles:
        for name, column in self.tag_columns.items():
            base, colon, key = column.partition(":")
            if base not in TAGGABLE or (colon and (base not in WITH_KEYS or not key)):
                raise ValueError(
                    f"tag_columns.{name}: CoNLL-U has no column {column!r} "
                    f"(allowed: {', '.join(TAGGABLE)}, {', '.join(f'{each}:KEY' for each in WITH_KEYS)})"
                )
        return self

    @classmethod
    def sniff(cls, sample: Sample) -> Guess | None:
        words = [line.split("\t") for line in sample.lines if line.strip() and not line.startswith("#")]
        if not words or any(len(word) != len(COLUMNS) for word in words) or not _FIRST_ID.match(words[0][0]):
            return None
        values = {column: {word[index] for word in words} for index, column in enumerate(COLUMNS)}
        columns = {name: column for name, column in (("pos", "upos"), ("xpos", "xpos")) if values[column] != {"_"}}
        pairs = [pair.partition("=") for misc in values["misc"] for pair in misc.split("|")]
        for key in sorted({key for key, equals, _ in pairs if equals}):
            if marks_spans({value for name, _, value in pairs if name == key}):
                columns["ner" if "ner" not in columns else key.lower()] = f"misc:{key}"
        absent = {"absent": "O"} if any(column.startswith("misc:") for column in columns.values()) else {}
        return {"tag_columns": columns, **absent} if columns else None

    def read(self, path: Path) -> Iterator[Sentence]:
        missing = f"{path}: no sentence; expected lines of {len(COLUMNS)} columns ({' '.join(COLUMNS)})"
        return in_documents(at_least_one(self._sentences(path), missing), self.documents)

    def _sentences(self, path: Path) -> Iterator[Sentence]:
        """Read sentences, with their ``sent_id`` as id and that of ``newdoc`` as document if they have them."""
        documents: list[str | int] = []
        for lines in paragraphs(read_lines(path, self.encoding, borders=True)):
            comments = {number: line for number, line in lines if line.startswith("#")}
            for new in filter(None, map(_NEW_DOCUMENT.fullmatch, comments.values())):
                documents.append(new[1] or len(documents) + 1)
            ids = {number: comment[1] for number, line in comments.items() if (comment := _SENT_ID.fullmatch(line))}
            if len(ids) > 1:
                second = f"{path}:{list(ids)[1]}: a second sent_id in one sentence"
                raise UserError(f"{second}; add the empty line that ends a sentence")
            texts = [comment[1] for comment in map(_TEXT.fullmatch, comments.values()) if comment]
            words, tokens = _words([line for line in lines if line[0] not in comments], path)
            if words:
                at, rows = list(words), list(words.values())
                forms = [row[1] for row in rows]
                tags = {name: [_tag(row, key, self.absent) for row in rows] for name, key in self.tag_columns.items()}
                surface = _surface(texts[-1], forms, tokens) if any(texts[-1:]) else None
                sent_id, document = next(iter(ids.values()), None) or None, documents[-1] if documents else None
                yield Sentence(f"{path}:{at[0]}", forms, tags, sent_id, document, surface=surface, lines=at)


Tokens = dict[int, tuple[int, str]]
"""The last word id and the form of multi-word tokens, by their first word id."""


def _words(lines: Iterable[tuple[int, str]], path: Path) -> tuple[dict[int, list[str]], Tokens]:
    """The fields of each word of a sentence, by its line, and the multi-word tokens."""
    words: dict[int, list[str]] = {}
    tokens: Tokens = {}
    for number, line in lines:
        fields = _checked_fields(line, f"{path}:{number}")
        first, dash, last = fields[0].partition("-")
        if _SKIPPED_ID.fullmatch(fields[0]):
            if dash:
                tokens[int(first)] = int(last), fields[1]
        elif _ID.fullmatch(fields[0]) and int(fields[0]) == len(words) + 1:
            words[number] = fields
        else:
            raise UserError(
                f"{path}:{number}: word id {quoted(fields[0])}; expected {len(words) + 1}, ids count from 1"
            )
    return words, tokens


def _surface(text: str, words: list[str], tokens: Tokens) -> Surface | None:
    """Find words in the text of their sentence; None if it consists of other ones.

    Of the multi-word token *don't*, *do* and *n't* are in the text; of *du*, *de* and *le* are not.
    """
    forms: list[tuple[str, list[str]]] = []  # each with its words
    first = 0
    while first < len(words):
        last, form = tokens.get(first + 1, (first + 1, words[first]))
        forms.append((form, words[first:last]))
        first = max(first + 1, last)
    located = _located([form for form, _ in forms], text)
    if located is None:
        return None
    spans: Spans = []
    for (start, _), (form, inside) in zip(located, forms, strict=True):
        spans += [(start + first, start + last) for first, last in _located(inside, form) or [(0, 0)] * len(inside)]
    return Surface(text, spans)


def _located(forms: Sequence[str], text: str) -> Spans | None:
    """The start and end of each form in a text; None if the text is not these forms with white space between them."""
    spans: Spans = []
    position = 0
    for form in forms:
        start = text.find(form, position)
        if start < 0 or text[position:start].strip():
            return None
        position = start + len(form)
        spans.append((start, position))
    return None if text[position:].strip() else spans


def _checked_fields(line: str, location: str) -> list[str]:
    fields = line.split("\t")
    filled = all(map(str.strip, fields))
    if len(fields) != len(COLUMNS) or not filled:
        problem = f"{len(fields)} column{'s' * (len(fields) != 1)}" if filled else "an empty column"
        raise UserError(
            f"{location}: {problem} in {quoted(line)}; expected {len(COLUMNS)} separated by tabs ({' '.join(COLUMNS)})"
        )
    return fields


def _tag(word: list[str], column: str, absent: str) -> str:
    name, _, key = column.partition(":")
    value = word[COLUMNS.index(name)]
    if key:
        pairs = dict(pair.partition("=")[::2] for pair in value.split("|"))
        return pairs.get(key, "").strip() or absent
    return absent if value.strip() == UNSPECIFIED else value.strip()
