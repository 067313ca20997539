"""CSV in long form: a row a word, a header, and a column that says which sentence the word is of."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path

from tagline.core.errors import UserError
from tagline.sources.formats.lines import read_lines
from tagline.sources.formats.sentence import Sentence

Row = tuple[int, dict[str, str]]


def read_sentences(
    path: Path, sentence: str, words: str, layers: Mapping[str, str], delimiter: str, quote: str | None
) -> Iterator[Sentence]:
    """Read a file sentence by sentence; the value of the sentence column is the id.

    Args:
        path: a UTF-8 file, with or without a byte order mark, with any line ends.
        sentence: the header of the sentence column; a sentence begins where its value changes.
        words: the header of the words' column.
        layers: layer name to the header of its column.
        delimiter: one character.
        quote: one character, doubled inside a cell that it encloses; None where cells are never quoted.

    Raises:
        UserError: the file is not text or holds no word; a column is not in the header or stands there twice; a row has
            another number of cells, an empty one that is needed, or a line end in one; a sentence's rows do not stand
            together.
    """
    needed = [sentence, words, *layers.values()]
    begun: dict[str, int] = {}
    for value, rows in groupby(_read_rows(path, needed, delimiter, quote), key=lambda row: row[1][sentence]):
        numbers, cells = zip(*rows, strict=True)
        if value in begun:
            raise UserError(
                f"{path}:{numbers[0]}: the sentence {value!r} comes back, it began in line {begun[value]}: "
                "the rows of a sentence must stand together"
            )
        begun[value] = numbers[0]
        tags = {layer: [row[column] for row in cells] for layer, column in layers.items()}
        yield Sentence(f"{path}:{numbers[0]}", [row[words] for row in cells], tags, value)
    if not begun:
        raise UserError(f"{path} holds no sentence: expected a row a word below the header")


def _read_rows(path: Path, needed: list[str], delimiter: str, quote: str | None) -> Iterator[Row]:
    """Yield each row's line and its cells by header."""
    rows = _split_rows(path, delimiter, quote)
    line, header = next(rows, (1, []))
    for column in needed:
        if header.count(column) != 1:
            found = "stands twice" if column in header else "is not"
            raise UserError(
                f"{path}:{line}: the column {column!r} {found} in the header ({', '.join(header) or 'empty'})"
            )
    for number, cells in rows:
        if len(cells) != len(header):
            raise UserError(f"{path}:{number}: {len(cells)} cells, expected {len(header)} ({', '.join(header)})")
        row = dict(zip(header, cells, strict=True))
        for column in needed:
            if not row[column]:
                raise UserError(f"{path}:{number}: the cell of {column!r} is empty")
        yield number, row


def _split_rows(path: Path, delimiter: str, quote: str | None) -> Iterator[tuple[int, list[str]]]:
    """Yield the cells of each row with its line; empty lines are passed over."""
    lines = (f"{line}\n" for _, line in read_lines(path))
    reader = csv.reader(
        lines, delimiter=delimiter, quotechar=quote, quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE, strict=True
    )
    begins = 1
    try:
        for cells in reader:
            if reader.line_num > begins:
                raise UserError(f"{path}:{begins}: a cell goes on over the end of the line; is its quote not closed?")
            if cells:
                yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as error:
        hint = f"; a {quote} that is part of a word is written doubled inside quotes" if quote else ""
        raise UserError(f"{path}:{begins}: no CSV ({error}){hint}") from None
