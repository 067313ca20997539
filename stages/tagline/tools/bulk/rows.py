"""Rows of the input: the slices that files are divided into, and the batches in which rows are read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import pyarrow as pa

# Rows in memory at a time, besides those of the words that the tagger labels together.
BATCH_ROWS = 1024


class Column(NamedTuple):
    """The column to label: raw text, or lists of words."""

    name: str
    is_words: bool


class Slice(NamedTuple):
    """Successive rows of a file.

    Attributes:
        first: index of the first row, or line, from 0.
        rows: their number; empty lines are counted.
        offset: of the first line in bytes; 0 for Parquet.
        sha256: of the lines; of the file's footer for Parquet.
    """

    first: int
    rows: int
    offset: int
    sha256: str


class Scan(NamedTuple):
    """What one pass over a file finds.

    Attributes:
        slices: at most ``--part-rows`` rows each; the whole file if it is compressed.
        schema: the columns.
    """

    slices: list[Slice]
    schema: pa.Schema


class Rows(NamedTuple):
    """A batch of rows.

    Attributes:
        numbers: of each row, or line, in its file, from 1.
        columns: all columns of the input.
        values: what is to be labelled.
        problems: why a row could not be read; None: it was.
    """

    numbers: Sequence[int]
    columns: pa.Table
    values: Sequence[Any]
    problems: Sequence[str | None]
