"""CoNLL-U files (https://universaldependencies.org/format.html): ten tab-separated columns, comments, word ids.

Syntactic words are read. The surface form of a multi-word token (id ``1-2``) and the empty nodes of enhanced
dependencies (id ``1.1``) are skipped, since neither is a word of the sentence by the format's own definition.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal, Self

from pydantic import model_validator

from tagline.sources.formats.base import Files, Format, in_documents
from tagline.sources.formats.keys import Documents, Encoding, Key, TagColumns, UnknownTag
from tagline.sources.formats.lines import UTF_8, at_least_one, paragraphs, read_lines
from tagline.sources.formats.sniffing import Guess, Sample, marks_spans
from tagline.terminal import UserError, quoted
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


class Keys(UnknownTag, Files):
    """A tag column is a column by its name in lower case, or one key of FEATS or MISC (``misc:NER``)."""

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
                    f"tag_columns.{name}: CoNLL-U has no column {column!r} "
                    f"(allowed: {', '.join(TAGGABLE)}, {', '.join(f'{base}:KEY' for base in WITH_KEYS)})"
                )
        return self


def recognise(sample: Sample) -> Guess | None:
    """Guess the tag columns of a file."""
    words = [line.split("\t") for line in sample.lines if line.strip() and not line.startswith("#")]
    if not words or any(len(word) != len(COLUMNS) for word in words) or not _FIRST_ID.match(words[0][0]):
        return None
    if not all(word[COLUMNS.index("head")].isdecimal() or word[COLUMNS.index("head")] == UNSPECIFIED for word in words):
        return None  # ten columns of another kind
    columns = {}
    for name, column in (("pos", "upos"), ("xpos", "xpos")):
        if any(word[COLUMNS.index(column)] != UNSPECIFIED for word in words):
            columns[name] = column
    keys = {}
    for key, values in sorted(_values_of_misc(words).items()):
        if marks_spans(values):
            keys["absent"] = "O"
            columns["ner" if "ner" not in columns else key.lower()] = f"misc:{key}"
    return {"tag_columns": columns, **keys} if columns else None


def _values_of_misc(words: Sequence[Sequence[str]]) -> dict[str, set[str]]:
    """The values of each key in the last column."""
    values: defaultdict[str, set[str]] = defaultdict(set)
    named = set()
    for word in words:
        for pair in word[-1].split("|"):
            key, equals, value = pair.partition("=")
            values[key].add(value)
            if equals:
                named.add(key)
    return {key: values[key] for key in named}


def read(path: Path, keys: Keys) -> Iterator[Sentence]:
    """Read the sentences of a file."""
    missing = f"{path}: no sentence; expected lines of {len(COLUMNS)} columns ({' '.join(COLUMNS)})"
    return in_documents(at_least_one(_sentences(path, keys), missing), keys.documents)


def _sentences(path: Path, keys: Keys) -> Iterator[Sentence]:
    """Read sentences, with their ``sent_id`` as id and that of ``newdoc`` as document if they have them."""
    document: str | int | None = None
    documents = 0
    for lines in paragraphs(read_lines(path, keys.encoding, borders=True)):
        comments = [(number, line) for number, line in lines if line.startswith("#")]
        for new in _matches(_NEW_DOCUMENT, comments).values():
            documents += 1
            document = new or documents
        sent_id = _sent_id(comments, path)
        words, tokens = _words([line for line in lines if line not in comments], path)
        if not words:
            continue
        rows = list(words.values())
        forms = [row[1] for row in rows]
        tags = {name: [_tag(row, key, keys.absent) for row in rows] for name, key in keys.tag_columns.items()}
        text = ([None, *_matches(_TEXT, comments).values()])[-1]
        surface = _surface(text, forms, tokens) if text else None
        yield Sentence(f"{path}:{next(iter(words))}", forms, tags, sent_id, document, surface=surface)


def _matches(pattern: re.Pattern[str], comments: Iterable[tuple[int, str]]) -> dict[int, str | None]:
    """What the comments of a kind say, by their lines."""
    values = {}
    for number, line in comments:
        match = pattern.fullmatch(line)
        if match:
            values[number] = match[1]
    return values


def _sent_id(comments: Iterable[tuple[int, str]], path: Path) -> str | None:
    """The id of a sentence, if it has one.

    Raises:
        UserError: it has several.
    """
    ids = _matches(_SENT_ID, comments)
    if len(ids) > 1:
        raise UserError(
            f"{path}:{list(ids)[1]}: a second sent_id in one sentence; add the empty line that ends a sentence"
        )
    return next(iter(ids.values()), None) or None


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
        bounds = _located(inside, form) or [(0, 0)] * len(inside)
        spans += [(start + first, start + last) for first, last in bounds]
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
    if not all(map(str.strip, fields)):
        raise UserError(
            f"{location}: an empty column in {quoted(line)}; expected {len(COLUMNS)} separated by tabs "
            f"({' '.join(COLUMNS)})"
        )
    if len(fields) != len(COLUMNS):
        raise UserError(
            f"{location}: {len(fields)} column{'s' if len(fields) > 1 else ''} in {quoted(line)}; expected "
            f"{len(COLUMNS)} separated by tabs ({' '.join(COLUMNS)})"
        )
    return fields


def _tag(word: list[str], column: str, absent: str) -> str:
    name, _, key = column.partition(":")
    value = word[COLUMNS.index(name)]
    if key:
        pairs = dict(pair.partition("=")[::2] for pair in value.split("|"))
        return pairs.get(key, "").strip() or absent
    return absent if value.strip() == UNSPECIFIED else value.strip()


FORMAT = Format(
    keys=Keys,
    read=read,
    recognise=recognise,
    holds="[CoNLL-U](https://universaldependencies.org/format.html)",
)
