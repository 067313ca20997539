"""CoNLL-U files (https://universaldependencies.org/format.html): ten tab-separated columns, comments, word ids.

Syntactic words are read. Surface forms of multi-word tokens (id ``1-2``) and empty nodes (id ``1.1``) are skipped,
since neither is a word by the format's own definition.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Literal, Self

from pydantic import model_validator

from tagline.sources.formats.base import Files, in_documents
from tagline.sources.formats.conll_table import NOT_A_WORD
from tagline.sources.formats.keys import Documents, Encoding, Key, TagColumns, UnknownTag
from tagline.sources.formats.lines import UTF_8, at_least_one, paragraphs, read_lines
from tagline.sources.formats.sniffing import Guess, Sample, marks_spans
from tagline.terminal import UserError, quoted
from tagline.text.languages import WordSpans
from tagline.text.sentence import Sentence, Surface

COLUMNS = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
# Columns that can be tags, and those of them that hold KEY=VALUE pairs.
TAGGABLE, WITH_KEYS = COLUMNS[2:], ("feats", "misc")
EXPECTED = f"expected lines of {len(COLUMNS)} columns, separated by tabs ({' '.join(COLUMNS)})"
_FIRST_ID = re.compile(r"1|0\.1")  # the first word or empty node of a sentence
_COMMENT = re.compile(r"#\s*(sent_id|text|newdoc)(?:\s+id)?\s*(?:=\s*(.*?)\s*)?")
UNSPECIFIED = "_"


class ConllU(UnknownTag, Files):
    """A tag column is a column in lower case, or one key of FEATS or MISC (``misc:NER``)."""

    format: Literal["conllu"]
    encoding: Encoding = UTF_8
    tag_columns: TagColumns
    absent: Key = "_"
    documents: Documents = "marked"

    @model_validator(mode="after")
    def _columns_exist(self) -> Self:
        for name, column in self.tag_columns.items():
            base, colon, key = column.partition(":")
            if base not in TAGGABLE or (colon and (base not in WITH_KEYS or not key)):
                raise ValueError(
                    f"tag_columns.{name}: CoNLL-U has no column {column!r} (allowed: {', '.join(TAGGABLE)}, feats:KEY, "
                    "misc:KEY)"
                )
        return self

    @classmethod
    def recognise(cls, sample: Sample) -> Guess | None:
        rows = [line.split("\t") for line in sample.lines if line.strip() and not line.startswith("#")]
        if not rows or any(len(row) != len(COLUMNS) for row in rows) or not _FIRST_ID.match(rows[0][0]):
            return None
        _, _, _, upos, xpos, _, heads, _, _, misc = map(set, zip(*rows, strict=True))
        if not all(head.isdecimal() or head == UNSPECIFIED for head in heads):
            return None  # ten columns of another kind
        columns = {}
        for name, column, tags in (("pos", "upos", upos), ("xpos", "xpos", xpos)):
            if tags != {UNSPECIFIED}:
                columns[name] = column
        values: defaultdict[str, set[str]] = defaultdict(set)
        for pair in chain.from_iterable(cell.split("|") for cell in misc):
            key, _, value = pair.partition("=")
            values[key].add(value)
        keys = {}
        for key in sorted(values):
            if marks_spans(values[key] - {""}):
                keys["absent"] = "O"
                columns["ner" if "ner" not in columns else key.lower()] = f"misc:{key}"
        return {"tag_columns": columns, **keys} if columns else None

    def read(self, path: Path) -> Iterator[Sentence]:
        return in_documents(at_least_one(_sentences(path, self), f"{path}: no sentence; {EXPECTED}"), self.documents)


def _sentences(path: Path, keys: ConllU) -> Iterator[Sentence]:
    """Read sentences, with their ``sent_id`` as id and that of ``newdoc`` as document."""
    document: str | int | None = None
    documents = 0
    for lines in paragraphs(read_lines(path, keys.encoding, borders=True)):
        said: dict[str, str | None] = {}
        rows = []
        for number, line in lines:
            if not line.startswith("#"):
                rows.append((number, line))
            elif comment := _COMMENT.fullmatch(line):
                if comment[1] == "sent_id" and "sent_id" in said:
                    raise UserError(
                        f"{path}:{number}: a second sent_id in one sentence; add the empty line that ends a sentence"
                    )
                said[comment[1]] = comment[2]
        if "newdoc" in said:
            documents += 1
            document = said["newdoc"] or documents
        words, tokens = _words(rows, path)
        if not words:
            continue
        forms = [fields[1] for fields in words.values()]
        tags = {}
        for name, column in keys.tag_columns.items():
            tags[name] = [_tag(fields, column, keys.absent) for fields in words.values()]
        surface = _surface(said.get("text") or "", forms, tokens)
        yield Sentence(f"{path}:{min(words)}", forms, tags, said.get("sent_id") or None, document, surface=surface)


Tokens = dict[int, tuple[int, str]]
"""The last word id and the form of multi-word tokens, by their first word id."""


def _words(lines: Iterable[tuple[int, str]], path: Path) -> tuple[dict[int, list[str]], Tokens]:
    """The fields of each word by its line, and the multi-word tokens."""
    words: dict[int, list[str]] = {}
    tokens: Tokens = {}
    for number, line in lines:
        fields = line.split("\t")
        if len(fields) != len(COLUMNS) or not all(map(str.strip, fields)):
            problem = "an empty column" if len(fields) == len(COLUMNS) else f"{len(fields)} of the columns"
            raise UserError(f"{path}:{number}: {problem} in {quoted(line)}; {EXPECTED}")
        first, dash, last = fields[0].partition("-")
        if NOT_A_WORD.fullmatch(fields[0]):
            if dash:
                tokens[int(first)] = int(last), fields[1]
        elif fields[0] == str(len(words) + 1):
            words[number] = fields
        else:
            raise UserError(
                f"{path}:{number}: word id {quoted(fields[0])}; expected {len(words) + 1}, ids count from 1"
            )
    return words, tokens


def _tag(fields: Sequence[str], column: str, absent: str) -> str:
    name, _, key = column.partition(":")
    value = fields[COLUMNS.index(name)].strip()
    if key:
        pairs = dict(pair.partition("=")[::2] for pair in value.split("|"))
        return pairs.get(key, "").strip() or absent
    return absent if value == UNSPECIFIED else value


def _surface(text: str, words: Sequence[str], tokens: Tokens) -> Surface | None:
    """Find words in the text of their sentence; None if it has others."""
    # Of the multi-word token *don't*, *do* and *n't* are in the text; of *du*, *de* and *le* are not.
    forms: list[tuple[str, Sequence[str]]] = []  # each with its words
    first = 0
    while first < len(words):
        last, form = tokens.get(first + 1, (first + 1, words[first]))
        forms.append((form, words[first:last]))
        first = max(first + 1, last)
    located = _located([form for form, _ in forms], text)
    if located is None:
        return None
    spans: WordSpans = []
    for (start, _), (form, inside) in zip(located, forms, strict=True):
        bounds = _located(inside, form) or [(0, 0)] * len(inside)
        spans += [(start + first, start + last) for first, last in bounds]
    return Surface(text, spans)


def _located(forms: Sequence[str], text: str) -> WordSpans | None:
    """The start and end of each form; None if the text is not these forms with white space between."""
    spans: WordSpans = []
    position = 0
    for form in forms:
        start = text.find(form, position)
        if start < 0 or text[position:start].strip():
            return None
        position = start + len(form)
        spans.append((start, position))
    return None if text[position:].strip() else spans
