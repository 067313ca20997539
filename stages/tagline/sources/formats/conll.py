"""CoNLL column files: one word per line with its tags, an empty line after each sentence.

The format of the CoNLL shared tasks (Tjong Kim Sang and De Meulder, 2003): columns separated by tabs or by spaces,
``-DOCSTART-`` lines between documents.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from tagline.core.errors import UserError
from tagline.core.terminal import quoted
from tagline.sources.formats.base import RESERVED, Documents, TextFiles, WordFiles, in_documents
from tagline.sources.formats.cleaning import AS_THEY_ARE, EMPTY_WORDS, WordRules, is_sentence
from tagline.sources.formats.lines import at_least_one, read_lines
from tagline.sources.formats.sniffing import (
    MOST_TAGS,
    Keys,
    Sample,
    all_mark_spans,
    marks_spans,
    name_of_tags,
    unused_name,
)
from tagline.text.sentence import Note, Sentence

WORDS = "words"
SKIP = "-"
DOCUMENT_START = "-DOCSTART-"
# Not str.split(): it also splits at no-break and other unusual spaces, which occur inside words of real data.
_SPACES = re.compile(" +")
# What the first line of a table calls its columns.
_WORDS_HEADER = re.compile("words?|tokens?|form|text", re.IGNORECASE)
_TAGS_HEADER = re.compile(
    "(ner?|[ux]?pos|chunk|iob|bio|entity)?[ _-]?(tags?|labels?)?"
    "|ne-(coarse|fine|nested)(-[a-z]+)?|nel-(lit|meto)|misc",  # HIPE
    re.IGNORECASE,
)
# What neither a header nor a comment has in a column of tags.
_SPAN_TAG = re.compile("O|[BIESLUMW][-_:].+")
# A longer text without empty lines is not one sentence.
MOST_WORDS = 500
# Fewer lines of one width are no table, while a few others are errors in one.
LEAST_SHARE = 0.9
_LANGUAGE = re.compile("[a-z]{2,3}(-[a-z]+)?:")  # before each word in WikiANN's own files
# Line number, line and its fields.
Row = tuple[int, str, list[str]]
# The ids of multi-word tokens and empty nodes in CoNLL-U.
NOT_A_WORD = re.compile(r"[0-9]+[-.][0-9]+")


class ConllFiles(TextFiles, WordFiles):
    """Column files: a name per column, ``words`` for the words and ``-`` for a column to skip."""

    holds: ClassVar[str] = "words in lines"

    format: Literal["conll"] = Field(
        description="File format, such as conll, csv, json, parquet, spans, or that of an annotation tool; "
        "docs/data.md lists all with their keys. conll: one word per line, an empty line after each sentence."
    )
    columns: list[str] = Field(
        description="Columns of the files, from left to right: words (exactly once), the name of a tag column, or - to "
        "skip a column."
    )
    # None: a line that looks like a comment is an error; false: it is read. A line for the word # is read if one of its
    # tags is O or has a prefix; others look the same.
    comments: bool | None = None
    # None: the first line that is not a comment is data, and must not look like a header.
    header: bool | None = None
    one_sentence_per_file: bool = False
    documents: Documents = "marked"

    @model_validator(mode="after")
    def _columns_are_usable(self) -> ConllFiles:
        names = self.tag_columns
        if self.columns.count(WORDS) != 1:
            raise ValueError(f"columns must contain {WORDS!r} exactly once")
        if not names:
            raise ValueError("columns must name at least one tag column")
        if len(set(names)) < len(names) or not set(RESERVED).isdisjoint(names):
            raise ValueError("columns must have different names, and no tag column can be named 'id' or 'document'")
        return self

    @property
    def tag_columns(self) -> list[str]:
        """The columns that are neither the words nor skipped."""
        return [name for name in self.columns if name not in (WORDS, SKIP)]

    @classmethod
    def sniff(cls, sample: Sample) -> Keys | None:
        tabs, numbered = separated(enumerate(sample.lines))
        lines = [line for _, line in numbered if not is_border(line)]
        cells = [fields(line.rstrip("\t"), tabs) for line in lines]
        width = Counter(map(len, cells)).most_common(1)[0][0] if cells else 0
        pairs = list(zip(lines, cells, strict=True))
        remarks = {line for line, row in pairs if line.startswith("#") and (len(row) != width or " = " in line)}
        rows = [row for line, row in pairs if len(row) == width and line not in remarks]
        if width < 2 or len(rows) < LEAST_SHARE * (len(lines) - len(remarks)):
            return None
        header = len(rows) > 1 and looks_like_header(rows[0], _columns(rows[1:]))
        if header:
            del rows[0]
        columns = _columns(rows)
        if not set(columns) - {WORDS, SKIP}:
            return None
        return {
            "columns": columns,
            **({"header": True} if header else {}),
            **({"comments": True} if remarks else {}),
            **_strip_pattern(sample, columns, rows[0]),
        }

    def read(self, path: Path) -> Iterator[Sentence]:
        tabs, lines = separated(read_lines(path, self.encoding, borders=True))
        table = Table(str(path), self.columns, tabs, self.rules)
        if self.comments is not False:
            lines = _without_comments(lines, table, skip=bool(self.comments))
        expected = f"expected lines of {len(self.columns)} columns ({' '.join(self.columns)})"
        found = table.sentences(_below_header(lines, table, self.header))
        found = at_least_one(found, f"{path}: no sentence; {expected}")
        return in_documents(found if self.one_sentence_per_file else _with_borders(found, path), self.documents)


def separated(lines: Iterable[tuple[int, str]]) -> tuple[bool, Iterator[tuple[int, str]]]:
    """Find out whether tabs separate the columns of numbered lines, or spaces, by the first line that is no comment.

    Returns:
        Whether tabs do, and the lines: if so, without comments, which begin with # and have no tab.
    """
    lines = iter(lines)
    start = []
    tabs = False
    for number, line in lines:
        start.append((number, line))
        if not is_border(line):
            tabs = "\t" in line
            if not line.startswith("#"):
                break
    whole = chain(start, lines)
    return tabs, (row for row in whole if "\t" in row[1] or not row[1].startswith("#")) if tabs else whole


def _without_comments(lines: Iterable[tuple[int, str]], table: Table, skip: bool) -> Iterator[tuple[int, str]]:
    """Skip comments, or check that no line looks like one."""
    for number, line in lines:
        if not table.is_comment(line):
            yield number, line
        elif not skip:
            raise UserError(
                f"{table.name}:{number}: {quoted(line)} looks like a comment; set download.dataset.comments in "
                "params.yaml: true skips such lines, false reads them as words"
            )


def _below_header(lines: Iterator[tuple[int, str]], table: Table, header: bool | None) -> Iterator[tuple[int, str]]:
    """Skip the header, or check that the first line is not one."""
    for number, line in lines:
        if is_border(line):
            yield number, line
            continue
        if header is None and looks_like_header(fields(line, table.tabs), table.columns):
            raise UserError(
                f"{table.name}:{number}: {quoted(line)} looks like a header; set download.dataset.header: true in "
                "params.yaml to skip the first line of each file, or false to read it as a word"
            )
        if header and table.is_tagged(line):
            raise UserError(
                f"{table.name}:{number}: {quoted(line)} is a word with a tag, but download.dataset.header in "
                "params.yaml says that the first line of each file is a header; add one to this file, or omit header"
            )
        if not header:
            yield number, line
        break
    yield from lines


def looks_like_header(cells: Sequence[str], columns: Sequence[str]) -> bool:
    """Whether the cells of a line are usual names of words or tags in each column that is read."""
    return len(cells) == len(columns) and all(
        column == SKIP or (_WORDS_HEADER if column == WORDS else _TAGS_HEADER).fullmatch(cell.strip())
        for column, cell in zip(columns, cells, strict=True)
    )


def _with_borders(found: Iterator[Sentence], path: Path) -> Iterator[Sentence]:
    """Yield the sentences of a file, unless all of it is one that is too long to be one."""
    first = next(found)
    second = next(found, None)
    if second is None and len(first.words) > MOST_WORDS:
        raise UserError(
            f"{path}: {len(first.words):,} words without an empty line, which would be one sentence; end each sentence "
            "with an empty line, or set download.dataset.one_sentence_per_file: true in params.yaml"
        )
    yield first
    if second is not None:
        yield second
        yield from found


@dataclass(frozen=True)
class Table:
    """Makes sentences of the lines of a file.

    Attributes:
        name: the file's name in messages.
        columns: a name per column: `WORDS` once, `SKIP` for a column to skip, else a tag column.
        tabs: whether tabs separate the columns; otherwise spaces do.
        rules: for the words.
    """

    name: str
    columns: Sequence[str]
    tabs: bool
    rules: WordRules = AS_THEY_ARE

    def sentences(self, lines: Iterable[tuple[int, str]]) -> Iterator[Sentence]:
        """Read numbered lines sentence by sentence.

        Raises:
            UserError: a line has another number of columns, an empty one, or is not of one word.
        """
        rows: list[Row] = []
        document: int | None = None
        for number, line in lines:
            if is_border(line):
                if rows:
                    yield self.sentence(rows, document)
                rows = []
                if line.startswith(DOCUMENT_START):
                    document = (document or 0) + 1
            else:
                rows.append((number, line, self._checked_fields(line, number)))
        if rows:
            yield self.sentence(rows, document)

    def sentence(self, rows: Sequence[Row], document: int | None) -> Sentence:
        """Make a sentence; words that the rules skip become notes."""
        rows = rows if self.columns[0] == WORDS else _words_only(rows)
        words, tags = [], {}
        for index, column in enumerate(self.columns):
            values = [row[2][index] for row in rows]
            if column == WORDS:
                words = list(map(self.rules.strip, values)) if self.rules.strip_pattern else values
                words = [word.strip(" ") for word in words]
            elif column != SKIP:
                tags[column] = list(map(str.strip, values))
        sentence = Sentence(f"{self.name}:{rows[0][0]}", words, tags, document=document)
        # Joined, since a look at each tag would take longer than all else.
        if all(map(str.strip, words)) and all(map(all, tags.values())) and " " not in "".join(chain(*tags.values())):
            return sentence
        return self._checked(sentence, rows)

    def _checked(self, sentence: Sentence, rows: Sequence[Row]) -> Sentence:
        """Leave out the words that the rules skip, and check the others one by one."""
        kept, notes = [], []
        for index, (number, line, _) in enumerate(rows):
            word, tags = sentence.words[index], [column[index] for column in sentence.tags.values()]
            location = f"{self.name}:{number}"
            if self.rules.skips(word):
                notes.append(Note(EMPTY_WORDS, location))
                continue
            kept.append(index)
            if not word.strip() or not all(tags):
                remedy = "" if word.strip() else self.rules.remedy
                raise UserError(f"{location}: an empty column in {quoted(line)}; {self._expected}{remedy}")
            if any(is_sentence(word, tag) for tag in tags):
                raise UserError(
                    f"{location}: {quoted(line)} looks like a whole sentence; expected one word per line; for one "
                    "sentence per line add a header, and set download.dataset.format: csv and rows: sentences in "
                    "params.yaml"
                )
        words = [sentence.words[index] for index in kept]
        by_column = {name: [column[index] for index in kept] for name, column in sentence.tags.items()}
        return replace(sentence, words=words, tags=by_column, notes=tuple(notes))

    def is_comment(self, line: str) -> bool:
        """Whether a line is a comment if the file has any."""
        if line.startswith("# "):
            return self.columns[0] != WORDS or not self.is_tagged(line)
        return line == "#" or (line.startswith("#\t") and self.columns[0] != WORDS)

    def is_tagged(self, line: str) -> bool:
        """Whether a line has all columns, and a tag that is O or has a prefix."""
        cells = fields(line, self.tabs)
        return len(cells) == len(self.columns) and any(
            _SPAN_TAG.fullmatch(cell.strip())
            for cell, column in zip(cells, self.columns, strict=True)
            if column not in (WORDS, SKIP)
        )

    def _checked_fields(self, line: str, number: int) -> list[str]:
        values = fields(line, self.tabs)
        if len(values) == len(self.columns) + 1 and not values[-1]:
            values.pop()  # a tab after the last column
        if len(values) != len(self.columns):
            problem = f"{len(values)} column{'s' * (len(values) != 1)}" if all(values) else "an empty column"
            separator = f" separated by {'tabs' if self.tabs else 'spaces'}, as in the first line"
            between = separator * (("\t" in line) != self.tabs)
            raise UserError(f"{self.name}:{number}: {problem} in {quoted(line)}; {self._expected}{between}")
        return values

    @property
    def _expected(self) -> str:
        return f"expected {len(self.columns)} ({' '.join(self.columns)})"


def _words_only(rows: Sequence[Row]) -> Sequence[Row]:
    """Leave out multi-word tokens and empty nodes (12-13, 8.1), if the first column counts the words."""
    words = [row for row in rows if not NOT_A_WORD.fullmatch(row[2][0])]
    counts = [row[2][0] for row in words] == [str(number) for number in range(1, len(words) + 1)]
    return words if words and counts else rows


def is_border(line: str) -> bool:
    """Whether a line separates sentences."""
    return not line.strip(" \t") or line.startswith(DOCUMENT_START)


def fields(line: str, tabs: bool) -> list[str]:
    """Split a line into its columns, at tabs or at spaces."""
    return line.split("\t") if tabs else _SPACES.split(line.strip(" "))


def _strip_pattern(sample: Sample, columns: Sequence[str], first: Sequence[str]) -> Keys:
    """The prefix of the first word, if all words of the file have it."""
    index = columns.index(WORDS)
    prefix = _LANGUAGE.match(first[index])
    if prefix is None:
        return {}
    tabs, lines = separated(read_lines(sample.path, sample.encoding))
    rows = (fields(line.rstrip("\t"), tabs) for _, line in lines if not is_border(line))
    rows = (row for row in rows if len(row) == len(columns) and not looks_like_header(row, columns))
    same = all(row[index].startswith(prefix[0]) for row in rows)
    return {"strip_pattern": f"^{prefix[0]}"} if same else {}


def _columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Name the columns of a table: the words have most different values, numbers, ids and constants are skipped."""
    rows = [row for row in rows if not NOT_A_WORD.fullmatch(row[0])] or rows
    values = [Counter(column) for column in zip(*rows, strict=True)]
    # 12, s1-12
    numbers = [all(each.strip()[-1:].isdecimal() for each in row) and not all_mark_spans(row) for row in values]
    words = max(range(len(values)), key=lambda index: (not numbers[index], len(values[index])))
    columns: list[str] = []
    for index, column in enumerate(values):
        constant = len(column) == 1 and len(values) > 2 and not marks_spans(column)
        if index == words:
            columns.append(WORDS)
        elif numbers[index] or constant or (len(column) > MOST_TAGS and not all_mark_spans(column)):
            columns.append(SKIP)
        else:
            columns.append(unused_name(name_of_tags({value.strip() for value in column}), columns))
    return columns
