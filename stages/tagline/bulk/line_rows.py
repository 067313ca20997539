"""Rows of text files: JSON Lines or lines of plain text. Slices are ranges of bytes that end with a line.

Lines end as in predict.py: with a line feed, a carriage return, or both.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO, NamedTuple, cast

import pyarrow as pa

from tagline.bulk.columns import TEXT, TEXT_SCHEMA, Inference, to_table
from tagline.bulk.inputs import FormatName, InputFile
from tagline.bulk.rows import BATCH_ROWS, Column, Rows, Scan, Slice
from tagline.core.errors import UserError
from tagline.inference.readers import split_at_spaces
from tagline.sources.formats.json_rows import rows_in

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SPACE = b" \t"


class _Line(NamedTuple):
    """A line of a file: its number from 1, its row, and why it could not be read."""

    number: int
    row: dict[str, Any]
    problem: str | None = None


def scan(file: InputFile, part_rows: int) -> Scan:
    """Read the file once: divide it into slices, hash it and, for JSON Lines, infer its columns.

    Raises:
        UserError: the file is a JSON list, or damaged.
    """
    digest, inference = hashlib.sha256(), Inference()
    starts: list[tuple[int, int]] = []  # of each slice: its first line and offset
    count = offset = 0
    with file.opened() as content:
        if file.format == "jsonl" and _starts_list(content):
            raise UserError(f"{file.url}: a JSON list; expected JSON Lines: one object per line")
        for physical in content:
            # A compressed file has one slice, since it can only be read from its start.
            if not starts or (count >= starts[-1][0] + part_rows and not file.compression):
                starts.append((count, offset))
            digest.update(physical)
            offset += len(physical)
            lines = _split(physical)
            if file.format == "jsonl":
                for line in _parsed(lines, count, file.format):
                    inference.add(line.row)
            count += len(lines)
    ends = [*(first for first, _ in starts[1:]), count] if starts else []
    slices = [Slice(first, end - first, at) for (first, at), end in zip(starts, ends, strict=True)]
    return Scan(digest.hexdigest(), slices, inference.schema() if file.format == "jsonl" else TEXT_SCHEMA)


def read(file: InputFile, part: Slice, schema: pa.Schema, column: Column) -> Iterator[Rows]:
    """Read the rows of a slice in batches; see `Rows`."""
    with file.opened(part.offset) as content:
        lines = _lines(content, part, file.format)
        while batch := list(islice(lines, BATCH_ROWS)):
            values = [line.row.get(column.name) for line in batch]
            if file.format == "text" and column.is_words:
                values = [None if value is None else split_at_spaces(value) for value in values]
            yield Rows(
                [line.number for line in batch],
                to_table((line.row for line in batch), schema),
                values,
                [line.problem for line in batch],
            )


def _lines(content: BinaryIO, part: Slice, format_name: FormatName) -> Iterator[_Line]:
    count = part.first
    for physical in content:
        if count >= part.first + part.rows:
            return
        lines = _split(physical)
        yield from _parsed(lines, count, format_name)
        count += len(lines)


def _starts_list(content: BinaryIO) -> bool:
    beginning = cast(io.BufferedReader, content).peek()
    return beginning.removeprefix(_BYTE_ORDER_MARK).lstrip().startswith(b"[")


def _split(physical: bytes) -> list[bytes]:
    """Split what ends with a line feed at carriage returns too, and remove the ends."""
    return physical.splitlines() if b"\r" in physical else [physical.removesuffix(b"\n")]


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
        elif line.strip(_SPACE):
            yield _json_line(number, text)


def _json_line(number: int, text: str) -> _Line:
    if text.lstrip(" \t").startswith("["):
        return _Line(number, {}, "a list; expected a JSON object")
    try:
        ((_, row),) = rows_in([(number, text)], "", "expected a JSON object")
    except UserError as error:
        return _Line(number, {}, str(error).removeprefix(f":{number}: "))
    return _Line(number, row)
