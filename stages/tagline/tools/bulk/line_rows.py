"""Rows of text files: JSON Lines or lines of plain text. Slices are ranges of bytes that end with a line.

Lines end as in `tagline predict`: with a line feed, a carriage return, or both.
"""

from __future__ import annotations

import hashlib
import io
import sys
from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO, NamedTuple, cast

import pyarrow as pa

from tagline.core.errors import UserError
from tagline.sources.formats.json_objects import rows_in
from tagline.tools.bulk.columns import TEXT, Column, Types, add_types, to_table
from tagline.tools.bulk.inputs import BATCH_ROWS, FormatName, InputFile, Rows, Scan, Slice
from tagline.tools.texts.readers import split_at_spaces

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# The longest line in bytes.
LONGEST = 2**24


class _Line(NamedTuple):
    """A line of a file: its number from 1, its row, and why it could not be read."""

    number: int
    row: dict[str, Any]
    problem: str | None = None


class _Lines:
    """The lines of a slice, to be iterated once; after that, their number, size in bytes and SHA-256 are known.

    Args:
        file: that they belong to.
        content: of the file, from the first of the lines on.
        first: index of the first.
        most: their number, or a little more, since what one line feed ends is in one slice.
    """

    def __init__(self, file: InputFile, content: BinaryIO, first: int, most: int) -> None:
        self._file, self._content, self._first, self._most = file, content, first, most
        self.rows = self.size = 0
        self.digest = hashlib.sha256()

    def __iter__(self) -> Iterator[_Line]:
        while self.rows < self._most and (physical := self._content.readline(LONGEST + 1)):
            number = self._first + self.rows
            if len(physical) > LONGEST:
                raise UserError(
                    f"{self._file.name}:{number + 1}: a line of more than {LONGEST // 2**20} MiB; expected a document "
                    "per line; split longer ones"
                )
            self.digest.update(physical)
            self.size += len(physical)
            # What ends with a line feed can have carriage returns inside.
            lines = physical.splitlines() if b"\r" in physical else [physical.removesuffix(b"\n")]
            self.rows += len(lines)
            yield from _parsed(lines, number, self._file.format)


def scan(file: InputFile, part_rows: int) -> Scan:
    """Read the file once: divide it into slices, hash them and, for JSON Lines, infer its columns.

    Raises:
        UserError: the file is a JSON list, has a line longer than `LONGEST`, or is damaged.
    """
    slices: list[Slice] = []
    types: Types = {} if file.format == "jsonl" else {TEXT: pa.string()}
    first = offset = 0
    # A compressed file has one slice, since it can only be read from its start.
    most = sys.maxsize if file.compression else part_rows
    with file.opened() as content:
        if file.format == "jsonl" and _starts_list(content):
            raise UserError(f"{file.name}: a JSON list; expected JSON Lines: one object per line")
        while True:
            lines = _Lines(file, content, first, most)
            for line in lines:
                add_types(types, line.row)
            if not lines.rows:
                return Scan(slices, pa.schema(types.items()))
            slices.append(Slice(first, lines.rows, offset, lines.digest.hexdigest()))
            first, offset = first + lines.rows, offset + lines.size


def read(file: InputFile, part: Slice, schema: pa.Schema, column: Column) -> Iterator[Rows]:
    """Read the rows of a slice in batches; see `Rows`.

    Raises:
        UserError: the lines are not those of the scan, or damaged.
    """
    with file.opened(part.offset) as content:
        lines = _Lines(file, content, part.first, part.rows)
        iterator = iter(lines)
        while batch := list(islice(iterator, BATCH_ROWS)):
            values = [line.row.get(column.name) for line in batch]
            if file.format == "text" and column.is_words:
                values = [None if value is None else split_at_spaces(value) for value in values]
            yield Rows(
                [line.number for line in batch],
                to_table((line.row for line in batch), schema),
                values,
                [line.problem for line in batch],
            )
    file.check_unchanged(part.sha256, lines.digest.hexdigest())


def _starts_list(content: BinaryIO) -> bool:
    beginning = cast(io.BufferedReader, content).peek()
    return beginning.removeprefix(_BYTE_ORDER_MARK).lstrip().startswith(b"[")


def _parsed(lines: list[bytes], count: int, format_name: FormatName) -> Iterator[_Line]:
    """Parse lines, of which the first has the index ``count``; empty ones are no rows of JSON Lines."""
    for number, line in enumerate(lines, count + 1):
        line = line.removeprefix(_BYTE_ORDER_MARK) if number == 1 else line
        try:
            text = line.decode()
        except UnicodeDecodeError as error:
            yield _Line(number, {}, f"not UTF-8 ({error.reason}); save the file as UTF-8")
            continue
        if "\0" in text:
            yield _Line(number, {}, "NUL byte; expected text")
        elif format_name == "text":
            yield _Line(number, {TEXT: text})
        elif line.strip(b" \t"):
            yield _json_line(number, text)


def _json_line(number: int, text: str) -> _Line:
    if text.lstrip(" \t").startswith("["):
        return _Line(number, {}, "a list; expected a JSON object")
    try:
        ((_, row),) = rows_in([(number, text)], "", "expected a JSON object")
    except UserError as error:
        return _Line(number, {}, str(error).removeprefix(f":{number}: "))
    return _Line(number, row)
