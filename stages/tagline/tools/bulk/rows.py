"""Rows of input files, in slices.

Slices of JSON Lines and plain text are ranges of bytes that end with a line; lines end as in `tagline predict`: with a
line feed, a carriage return, or both. Slices of Parquet files are ranges of rows.
"""

import hashlib
import io
import sys
from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO, NamedTuple, cast

import pyarrow as pa
import pyarrow.parquet as pq

from tagline.sources.formats.json_objects import rows_in
from tagline.terminal import UserError
from tagline.tools.bulk.columns import TEXT, Column, Types, add_types, to_table
from tagline.tools.bulk.inputs import BATCH_ROWS, FormatName, InputFile, Rows, Scan, Slice
from tagline.tools.texts.readers import split_at_spaces

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# The longest line in bytes.
LONGEST = 2**24
# The end of a Parquet file: 4 bytes with the length of the footer before them, then 4 bytes "PAR1".
_TAIL = 8


def scan(file: InputFile, part_rows: int) -> Scan:
    """Read a file once, of Parquet the footer: divide it into slices, hash them, and infer the columns.

    Raises:
        UserError: the file is a JSON list, has a line longer than `LONGEST`, or is damaged.
    """
    if file.format == "parquet":
        return _scan_parquet(file, part_rows)
    return _scan_lines(file, part_rows)


def read(file: InputFile, part: Slice, schema: pa.Schema, column: Column) -> Iterator[Rows]:
    """Read the rows of a slice in batches; see `Rows`.

    Raises:
        UserError: the lines, or the footer, are not those of the scan, or damaged.
    """
    if file.format == "parquet":
        return _read_parquet(file, part, schema, column)
    return _read_lines(file, part, schema, column)


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
        self._file = file
        self._content = content
        self._first = first
        self._most = most
        self.rows = self.size = 0
        self.digest = hashlib.sha256()

    def __iter__(self) -> Iterator[_Line]:
        while self.rows < self._most and (physical := self._content.readline(LONGEST + 1)):
            number = self._first + self.rows
            if len(physical) > LONGEST:
                raise UserError(
                    f"{self._file.name}:{number + 1}: a line of more than {LONGEST // 2**20} MiB; "
                    "expected a document per line; split longer ones"
                )
            self.digest.update(physical)
            self.size += len(physical)
            # What ends with a line feed can have carriage returns inside.
            lines = physical.splitlines() if b"\r" in physical else [physical.removesuffix(b"\n")]
            self.rows += len(lines)
            yield from _parsed(lines, number, self._file.format)


def _scan_lines(file: InputFile, part_rows: int) -> Scan:
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
            first += lines.rows
            offset += lines.size


def _read_lines(file: InputFile, part: Slice, schema: pa.Schema, column: Column) -> Iterator[Rows]:
    with file.opened(part.offset) as content:
        lines = _Lines(file, content, part.first, part.rows)
        iterator = iter(lines)
        while batch := list(islice(iterator, BATCH_ROWS)):
            values = [line.row.get(column.name) for line in batch]
            if file.format == "text" and column.is_words:
                values = [None if value is None else split_at_spaces(value) for value in values]
            numbers, rows, problems = zip(*batch, strict=True)
            yield Rows(numbers, to_table(rows, schema), values, problems)
    file.check_unchanged(part.sha256, lines.digest.hexdigest())


def _starts_list(content: BinaryIO) -> bool:
    beginning = cast(io.BufferedReader, content).peek()
    return beginning.removeprefix(_BYTE_ORDER_MARK).lstrip().startswith(b"[")


def _parsed(lines: list[bytes], count: int, format_name: FormatName) -> Iterator[_Line]:
    """Parse lines, of which the first has the index ``count``; empty ones are no rows of JSON Lines."""
    for number, line in enumerate(lines, count + 1):
        if number == 1:
            line = line.removeprefix(_BYTE_ORDER_MARK)
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


def _scan_parquet(file: InputFile, part_rows: int) -> Scan:
    metadata, sha256 = _footer(file)
    rows = metadata.num_rows
    slices = [Slice(first, min(part_rows, rows - first), 0, sha256) for first in range(0, rows, part_rows)]
    return Scan(slices, metadata.schema.to_arrow_schema().remove_metadata())


def _read_parquet(file: InputFile, part: Slice, schema: pa.Schema, column: Column) -> Iterator[Rows]:
    with file.opened() as content:
        parquet = pq.ParquetFile(content)
        groups, position = _row_groups(parquet.metadata, part)
        end = part.first + part.rows
        for batch in parquet.iter_batches(BATCH_ROWS, row_groups=groups):
            # Rows 10 to 14 of a batch that starts at row 8 are batch[2:7].
            low = max(part.first - position, 0)
            high = min(end - position, batch.num_rows)
            if low < high:
                rows = pa.Table.from_batches([batch.slice(low, high - low)])
                # With the columns and types of all files.
                table = pa.concat_tables([schema.empty_table(), rows], promote_options="permissive")
                table.validate(full=True)  # strings that are not UTF-8 would raise a UnicodeDecodeError below
                first = position + low + 1
                numbers = range(first, first + table.num_rows)
                yield Rows(numbers, table, table[column.name].to_pylist(), [None] * table.num_rows)
            position += batch.num_rows
            if position >= end:
                break
    file.check_unchanged(part.sha256, _footer(file)[1])


def _footer(file: InputFile) -> tuple[pq.FileMetaData, str]:
    """Return the metadata of a file, and the SHA-256 of the bytes that contain it."""
    with file.opened() as content:
        metadata = pq.read_metadata(content)
        content.seek(-_TAIL - metadata.serialized_size, 2)
        return metadata, hashlib.sha256(content.read()).hexdigest()


def _row_groups(metadata: pq.FileMetaData, part: Slice) -> tuple[list[int], int]:
    """Return the indices of the row groups that a slice touches, and the first row of the first of them."""
    groups: list[int] = []
    start = first = 0
    for index in range(metadata.num_row_groups):
        end = start + metadata.row_group(index).num_rows
        if start < part.first + part.rows and end > part.first:
            first = first if groups else start
            groups.append(index)
        start = end
    return groups, first
