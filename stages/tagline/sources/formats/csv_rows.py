"""CSV in long form: a header, one row per word, and a column that identifies the sentence."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Literal

from pydantic import model_validator

from tagline.core.errors import UserError
from tagline.core.terminal import QUOTED, quoted, shortened
from tagline.sources.formats.base import Character, Files, Key, TagColumns
from tagline.sources.formats.lines import read_lines
from tagline.sources.formats.sentence import Sentence

Row = tuple[int, dict[str, str]]


class CsvFiles(Files):
    """CSV in long form, columns by their header."""

    format: Literal["csv"]
    sentence: Key
    words: Key
    tag_columns: TagColumns
    delimiter: Character = ","
    quote: Character | None = '"'

    @model_validator(mode="after")
    def _delimiter_and_quote_differ(self) -> CsvFiles:
        if {self.delimiter, self.quote} & {"\n", "\r"} or self.delimiter == self.quote:
            raise ValueError("delimiter and quote must be two different characters and not line ends")
        return self

    def read(self, path: Path) -> Iterator[Sentence]:
        return read_sentences(path, self.sentence, self.words, self.tag_columns, self.delimiter, self.quote)


def read_sentences(
    path: Path, sentence: str, words: str, tag_columns: Mapping[str, str], delimiter: str, quote: str | None
) -> Iterator[Sentence]:
    """Read a file sentence by sentence; the value of the sentence column is the id.

    Args:
        path: a UTF-8 file, with or without a byte order mark, with any line ends.
        sentence: the header of the sentence column; a sentence begins where its value changes.
        words: the header of the word column.
        tag_columns: tag column name to the header of its column.
        delimiter: one character.
        quote: one character, doubled inside a quoted cell; None if cells are never quoted.

    Raises:
        UserError: the file is not text or has no word; a column is missing from the header or is there twice; a row has
            another number of cells, or a needed cell that is empty or has a line end; a sentence's rows are not
            contiguous.
    """
    needed = [sentence, words, *tag_columns.values()]
    first_lines: dict[str, int] = {}
    for value, rows in groupby(_read_rows(path, needed, delimiter, quote), key=lambda row: row[1][sentence]):
        lines, cells = zip(*rows, strict=True)
        if value in first_lines:
            raise UserError(
                f"{path}:{lines[0]}: rows of sentence {quoted(value)} are not contiguous (first seen on line "
                f"{first_lines[value]}); sort the rows by sentence, or give each sentence its own value"
            )
        first_lines[value] = lines[0]
        tags = {name: [row[column] for row in cells] for name, column in tag_columns.items()}
        yield Sentence(f"{path}:{lines[0]}", [row[words] for row in cells], tags, value)
    if not first_lines:
        raise UserError(f"{path}: no sentence; expected one row per word below the header")


def _read_rows(path: Path, needed: list[str], delimiter: str, quote: str | None) -> Iterator[Row]:
    """Yield the line of each row and its cells by header."""
    rows = _split_rows(path, delimiter, quote)
    line, header = next(rows, (1, []))
    for column in needed:
        if header.count(column) != 1:
            problem = "is in the header twice" if column in header else "is not in the header"
            raise UserError(f"{path}:{line}: column {column!r} {problem} ({_names(header)})")
    for number, cells in rows:
        if len(cells) != len(header):
            raise UserError(f"{path}:{number}: {len(cells)} cells; expected {len(header)} ({_names(header)})")
        row = dict(zip(header, cells, strict=True))
        for column in needed:
            if not row[column]:
                raise UserError(f"{path}:{number}: the cell of column {column!r} is empty")
        yield number, row


def _names(header: list[str]) -> str:
    return shortened(", ".join(header), QUOTED) or "empty"


def _split_rows(path: Path, delimiter: str, quote: str | None) -> Iterator[tuple[int, list[str]]]:
    """Yield the line and the cells of each row; empty lines are skipped."""
    lines = (f"{line}\n" for _, line in read_lines(path))
    reader = csv.reader(
        lines, delimiter=delimiter, quotechar=quote, quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE, strict=True
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
