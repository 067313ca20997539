"""CSV with a header: one row per word and a column that identifies the sentence, or one row per sentence."""

from __future__ import annotations

import ast
import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pydantic import model_validator

from tagline.core.errors import UserError
from tagline.core.terminal import QUOTED, quoted, shortened
from tagline.sources.formats.base import Character, Key, TagColumns, TextFiles, WordFiles
from tagline.sources.formats.cleaning import EMPTY_WORDS, is_sentence
from tagline.sources.formats.lines import UTF_8, read_lines
from tagline.sources.formats.lists import Keys, to_sentence
from tagline.sources.formats.sentence import Note, Sentence

_SPACES = re.compile("[ \t]+")
_SEPARATORS = frozenset(" ,")  # of the tags of a sentence
_STRING = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""
# A list of strings as Python writes it. Without the commas (a NumPy array) Python would join the strings.
_LIST = re.compile(rf"\[(?:(?:{_STRING})(?:, *(?:{_STRING}))*)?\]")
# What looks like a list, tuple or array. "[ 1 ]", "( a )" and "[CLS] a [SEP]" are words.
_LITERAL = re.compile(
    r"""\[\]|(?:array\()?[\[(]b?['"].*[\])]|\[(?:None|nan|null),.*\]|\[-?[0-9][0-9., ]*\]|array\(\[.*\)"""
)


@dataclass(frozen=True)
class Dialect:
    """How the cells of a file are written.

    Attributes:
        delimiter: one character.
        quote: one character, doubled inside a quoted cell; None if cells are never quoted.
        encoding: of the file.
    """

    delimiter: str = ","
    quote: str | None = '"'
    encoding: str = UTF_8


class WordRow(NamedTuple):
    line: int
    sentence: str
    word: str
    tags: list[str]
    document: str | None


class CsvFiles(TextFiles, WordFiles):
    """CSV, columns by their header."""

    format: Literal["csv"]
    rows: Literal["words", "sentences"] = "words"
    sentence: Key | None = None
    document: Key | None = None
    words: Key
    tag_columns: TagColumns
    delimiter: Character = ","
    quote: Character | None = '"'
    fill_down: bool = False

    @model_validator(mode="after")
    def _delimiter_and_quote_differ(self) -> CsvFiles:
        if {self.delimiter, self.quote} & {"\n", "\r"} or self.delimiter == self.quote:
            raise ValueError("delimiter and quote must be two different characters and not line ends")
        return self

    @model_validator(mode="after")
    def _sentences_have_borders(self) -> CsvFiles:
        if self.rows == "words" and self.sentence is None:
            raise ValueError(
                "sentence is missing: with one word per row, name the column whose value changes with the sentence; "
                "for one sentence per row set rows: sentences"
            )
        if self.rows == "sentences" and self.fill_down:
            raise ValueError("fill_down has no effect with one sentence per row; remove it")
        return self

    def read(self, path: Path) -> Iterator[Sentence]:
        keys = Keys(self.words, self.tag_columns, id=self.sentence, document=self.document, rules=self.rules)
        dialect = Dialect(self.delimiter, self.quote, self.encoding)
        if self.rows == "sentences":
            return read_joined(path, keys, dialect)
        return read_sentences(path, keys, dialect, self.fill_down)


def read_sentences(path: Path, keys: Keys, dialect: Dialect = Dialect(), fill_down: bool = False) -> Iterator[Sentence]:
    """Read a file with one row per word sentence by sentence.

    Args:
        path: see `read_lines`.
        keys: the headers of the columns; a sentence begins where the value of the id changes.
        dialect: how the cells are written.
        fill_down: whether an empty cell of the sentence column has the value above it.

    Raises:
        UserError: the file is not text or has no word; a column is missing from the header or is there twice; a row has
            another number of cells, or a needed cell that is empty or has a line end; a row is of a whole sentence; a
            sentence's rows are not contiguous.
    """
    first_lines: dict[str, int] = {}
    for value, group in groupby(_word_rows(path, keys, dialect, fill_down), key=lambda row: row.sentence):
        rows = list(group)
        line = rows[0].line
        if value in first_lines:
            raise UserError(
                f"{path}:{line}: rows of sentence {quoted(value)} are not contiguous (first seen on line "
                f"{first_lines[value]}); sort the rows by sentence, or give each sentence its own value"
            )
        first_lines[value] = line
        if other := next((row for row in rows if row.document != rows[0].document), None):
            raise UserError(
                f"{path}:{other.line}: sentence {quoted(value)} is in document {quoted(other.document)}, but on line "
                f"{line} in {quoted(rows[0].document)}; expected one document per sentence"
            )
        kept: list[WordRow] = []
        skipped: list[WordRow] = []
        for row in rows:
            (skipped if keys.rules.skips(row.word) else kept).append(row)
        tags = {name: [row.tags[index] for row in kept] for index, name in enumerate(keys.tag_columns)}
        notes = tuple(Note(EMPTY_WORDS, f"{path}:{row.line}") for row in skipped)
        yield Sentence(f"{path}:{line}", [row.word for row in kept], tags, value, rows[0].document, notes)
    if not first_lines:
        raise UserError(f"{path}: no sentence; expected one row per word below the header")


def read_joined(path: Path, keys: Keys, dialect: Dialect = Dialect()) -> Iterator[Sentence]:
    """Read a file with one row per sentence, its words joined by spaces in one cell and their tags in others.

    Cells with a list as Python writes it (``['Ada', 'lives']``), which pandas makes of lists, are read as lists. Tags
    can also be joined by commas.

    Args:
        path: see `read_lines`.
        keys: the headers of the columns.
        dialect: how the cells are written.

    Raises:
        UserError: see `read_sentences` and `lists.to_sentence`.
    """
    empty = True
    for line, cells in _read_rows(path, keys.all, dialect):
        empty = False
        location = f"{path}:{line}"
        row: dict[str, Any] = {
            column: cell if column in (keys.id, keys.document) else _items(cell, f"{location}: {column!r}")
            for column, cell in zip(keys.all, cells, strict=True)
        }
        for column in keys.tag_columns.values():
            by_commas = row[column][0].split(",") if len(row[column]) == 1 else []
            if len(by_commas) == len(row[keys.words]):
                row[column] = by_commas
        yield to_sentence(row, keys, location)
    if empty:
        raise UserError(f"{path}: no sentence; expected one row per sentence below the header")


def _items(cell: str, location: str) -> list[str]:
    """Split a cell into words or tags."""
    cell = cell.strip()
    if not _LITERAL.fullmatch(cell):
        return _SPACES.split(cell) if cell else []
    try:
        if _LIST.fullmatch(cell):
            items: list[str] = ast.literal_eval(cell)
            "".join(items).encode()
            return items
    except (SyntaxError, ValueError):
        pass  # an escape sequence without a character (\x), half of a surrogate pair
    raise UserError(
        f"{location} is {quoted(cell)}; expected a list of strings such as ['Ada', 'lives'], or strings joined by "
        "spaces; save arrays and tuples as lists, and the names of labels instead of their numbers"
    )


def _word_rows(path: Path, keys: Keys, dialect: Dialect, fill_down: bool) -> Iterator[WordRow]:
    """Yield the words of a file by the rules; skipped ones belong to the sentence above and need no tags."""
    above, document = "", None
    needed = [str(keys.id), keys.words, *keys.tag_columns.values(), *([keys.document] if keys.document else [])]
    for line, (sentence, word, *cells) in _read_rows(path, needed, dialect):
        if keys.document:
            document = cells.pop().strip() or (document if fill_down else None)
            if not document:
                raise UserError(f"{path}:{line}: the cell of column {keys.document!r} is empty")
        word, tags = keys.rules.strip(word), list(map(str.strip, cells))
        skipped = keys.rules.skips(word)
        above = sentence if sentence.strip() else (above if fill_down or skipped else "")
        row = WordRow(line, above, word, tags, document)
        # Without this condition the checks take a third of the time.
        if not skipped and (not (above and word.strip() and all(tags)) or not _SEPARATORS.isdisjoint("".join(tags))):
            _check(row, keys, f"{path}:{line}", fill_down)
        yield row


def _check(row: WordRow, keys: Keys, location: str, fill_down: bool) -> None:
    if not row.sentence:
        remedy = "; if only its first row names a sentence, set download.dataset.fill_down: true in params.yaml"
        if fill_down:
            remedy = "; no row above names a sentence"
        raise UserError(f"{location}: the cell of column {keys.id!r} is empty{remedy}")
    if not row.word.strip():
        raise UserError(f"{location}: the cell of column {keys.words!r} is empty{keys.rules.remedy}")
    for column, tag in zip(keys.tag_columns.values(), row.tags, strict=True):
        if not tag:
            raise UserError(f"{location}: the cell of column {column!r} is empty")
        if is_sentence(row.word, tag):
            raise UserError(
                f"{location}: {quoted(row.word)} with {quoted(tag)} looks like a whole sentence; for one sentence per "
                "row set download.dataset.rows: sentences in params.yaml"
            )


def _read_rows(path: Path, needed: list[str], dialect: Dialect) -> Iterator[tuple[int, list[str]]]:
    """Yield the line of each row and the cells of the columns with some headers."""
    rows = _split_rows(path, dialect)
    line, header = next(rows, (1, []))
    for column in needed:
        if header.count(column) != 1:
            problem = "is in the header twice" if column in header else "is not in the header"
            raise UserError(f"{path}:{line}: column {column!r} {problem} ({_names(header)})")
    indices = [header.index(column) for column in needed]
    for number, cells in rows:
        if len(cells) != len(header):
            raise UserError(f"{path}:{number}: {len(cells)} cells; expected {len(header)} ({_names(header)})")
        yield number, [cells[index] for index in indices]


def _names(header: list[str]) -> str:
    return shortened(", ".join(header), QUOTED) or "empty"


def _split_rows(path: Path, dialect: Dialect) -> Iterator[tuple[int, list[str]]]:
    """Yield the line and the cells of each row; empty lines are skipped."""
    lines = (f"{line}\n" for _, line in read_lines(path, dialect.encoding))
    quote = dialect.quote
    reader = csv.reader(
        lines,
        delimiter=dialect.delimiter,
        quotechar=quote,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
        strict=True,
    )
    first_line = 1
    try:
        for cells in reader:
            if reader.line_num > first_line:
                raise UserError(f"{path}:{first_line}: a cell continues on the next line; close its quote")
            if cells:
                yield first_line, cells
            first_line = reader.line_num + 1
    except csv.Error as error:
        hint = f"; write a {quote} that is part of a word doubled and inside quotes" if quote else ""
        raise UserError(f"{path}:{first_line}: not CSV ({error}){hint}") from None
