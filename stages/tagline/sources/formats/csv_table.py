"""Tables in CSV: the cells of each row, with columns by their header."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tagline.core.errors import UserError
from tagline.core.terminal import QUOTED, shortened
from tagline.sources.formats.lines import UTF_8, read_lines


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

    @property
    def options(self) -> dict[str, Any]:
        """The arguments of `csv.reader`."""
        quoting = csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE
        return {"delimiter": self.delimiter, "quotechar": self.quote, "quoting": quoting, "strict": True}


def read_header(path: Path, dialect: Dialect) -> list[str]:
    """The headers of a file's columns, none if the file is empty.

    Raises:
        UserError: the file is not text, or its first row is not CSV.
    """
    return next((cells for _, cells in _split_rows(path, dialect)), [])


def read_columns(path: Path, needed: Sequence[str], dialect: Dialect) -> Iterator[tuple[int, list[str]]]:
    """Yield the line of each row below the header and the cells of the columns with some headers.

    Raises:
        UserError: the file is not text or not CSV; a column is missing from the header or is there twice; a row has
            another number of cells; a cell has a line end.
    """
    rows = _split_rows(path, dialect)
    line, header = next(rows, (1, []))
    for column in needed:
        if header.count(column) != 1:
            problem = "is in the header twice" if column in header else "is not in the header"
            between = next((each for each in ";,\t|" if len(header) == 1 and each in header[0]), None)
            hint = f"; if cells are separated by {between!r}, set download.dataset.delimiter to it" if between else ""
            raise UserError(f"{path}:{line}: column {column!r} {problem} ({_names(header)}){hint}")
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
    reader = csv.reader(lines, **dialect.options)
    first_line = 1
    unquoted = ", or set download.dataset.quote: null in params.yaml if cells are never quoted"
    try:
        for cells in reader:
            if reader.line_num > first_line:
                raise UserError(f"{path}:{first_line}: a cell continues on the next line; close its quote{unquoted}")
            if cells:
                yield first_line, cells
            first_line = reader.line_num + 1
    except csv.Error as error:
        quote = dialect.quote
        hint = f"; write a {quote} that is part of a word doubled and inside quotes{unquoted}" if quote else ""
        raise UserError(f"{path}:{first_line}: not CSV ({error}){hint}") from None
