"""Rows of Parquet files: slices are ranges of rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from tagline.tools.bulk.columns import Column
from tagline.tools.bulk.inputs import BATCH_ROWS, InputFile, Rows, Scan, Slice

# The end of a Parquet file: 4 bytes with the length of the footer before them, then 4 bytes "PAR1".
_TAIL = 8


def scan(file: InputFile, part_rows: int) -> Scan:
    """Read the footer, and divide the file into slices."""
    metadata, sha256 = _footer(file)
    rows = metadata.num_rows
    slices = [Slice(first, min(part_rows, rows - first), 0, sha256) for first in range(0, rows, part_rows)]
    return Scan(slices, metadata.schema.to_arrow_schema().remove_metadata())


def read(file: InputFile, part: Slice, schema: pa.Schema, column: Column) -> Iterator[Rows]:
    """Read the rows of a slice in batches; see `Rows`.

    Raises:
        UserError: the footer is not that of the scan, or the file is damaged.
    """
    with file.opened() as content:
        parquet = pq.ParquetFile(content)
        groups, position = _row_groups(parquet.metadata, part)
        end = part.first + part.rows
        for batch in parquet.iter_batches(BATCH_ROWS, row_groups=groups):
            # Rows 10 to 14 of a batch that starts at row 8 are batch[2:7].
            low, high = max(part.first - position, 0), min(end - position, batch.num_rows)
            if low < high:
                table = _conformed(pa.Table.from_batches([batch.slice(low, high - low)]), schema)
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


def _conformed(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Give a table of one file the columns and types of all files."""
    return pa.concat_tables([schema.empty_table(), table], promote_options="permissive")
