"""CoNLL-U files (https://universaldependencies.org/format.html): ten tab-separated columns, comments, word ids.

Syntactic words are read. The surface form of a multi-word token (id ``1-2``) and the empty nodes of enhanced
dependencies (id ``1.1``) are skipped, since neither is a word of the sentence by the format's own definition.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import model_validator

from tagline.core.errors import UserError
from tagline.core.terminal import quoted
from tagline.sources.formats.base import Documents, Key, TagColumns, TextFiles, UnknownTag, in_documents
from tagline.sources.formats.lines import read_lines
from tagline.sources.formats.sniffing import Keys, Sample, marks_spans
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
_UNSPECIFIED = "_"


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
    def sniff(cls, sample: Sample) -> Keys | None:
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
        return in_documents(self._sentences(path), self.documents)

    def _sentences(self, path: Path) -> Iterator[Sentence]:
        """Read sentences, with their ``sent_id`` as id and that of ``newdoc`` as document if they have them."""
        words: list[list[str]] = []
        tokens: dict[int, tuple[int, str]] = {}  # the first id of each multi-word token, its last id and its form
        sent_id = text = None
        first_line = documents = 0
        document: str | int | None = None

        def sentence() -> Sentence:
            tags = {
                name: [_tag(word, column, self.absent) for word in words] for name, column in self.tag_columns.items()
            }
            forms = [word[1] for word in words]
            surface = _surface(text, forms, tokens) if text else None
            return Sentence(f"{path}:{first_line}", forms, tags, sent_id, document, surface=surface)

        for number, line in read_lines(path, self.encoding, borders=True):
            location = f"{path}:{number}"
            if not line.strip():
                if words:
                    yield sentence()
                words, tokens, sent_id, text = [], {}, None, None
            elif line.startswith("#"):
                if new := _NEW_DOCUMENT.fullmatch(line):
                    documents += 1
                    document = new[1] or documents
                comment = _SENT_ID.fullmatch(line)
                if comment and sent_id is not None:
                    raise UserError(
                        f"{location}: a second sent_id in one sentence; add the empty line that ends a sentence"
                    )
                sent_id = (comment[1] or None) if comment else sent_id
                comment = _TEXT.fullmatch(line)
                text = comment[1] if comment else text
            else:
                fields = _checked_fields(line, location)
                if _SKIPPED_ID.fullmatch(fields[0]):
                    first, dash, last = fields[0].partition("-")
                    if dash:
                        tokens[int(first)] = int(last), fields[1]
                    continue
                first_line = first_line if words else number
                if not _ID.fullmatch(fields[0]) or int(fields[0]) != len(words) + 1:
                    raise UserError(
                        f"{location}: word id {quoted(fields[0])}; expected {len(words) + 1}, ids count from 1"
                    )
                words.append(fields)
        if words:
            yield sentence()
        if not first_line:
            raise UserError(f"{path}: no sentence; expected lines of {len(COLUMNS)} columns ({' '.join(COLUMNS)})")


def _surface(text: str, words: list[str], tokens: Mapping[int, tuple[int, str]]) -> Surface | None:
    """Find words in the text of their sentence; None if it consists of other ones.

    Of the multi-word token *don't*, *do* and *n't* are in the text; of *du*, *de* and *le* are not.
    """
    forms: list[str] = []
    parts: list[list[str]] = []  # the words of each form
    first = 0
    while first < len(words):
        last, form = tokens.get(first + 1, (first + 1, words[first]))
        forms.append(form)
        parts.append(words[first:last])
        first = max(first + 1, last)
    located = _located(forms, text)
    if located is None:
        return None
    spans: Spans = []
    for (start, _), form, inside in zip(located, forms, parts, strict=True):
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
    if len(fields) != len(COLUMNS) or not all(map(str.strip, fields)):
        problem = (
            f"{len(fields)} column{'s' * (len(fields) != 1)}" if all(map(str.strip, fields)) else "an empty column"
        )
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
    return absent if value.strip() == _UNSPECIFIED else value.strip()
