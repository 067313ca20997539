"""Shards: a table in Arrow IPC stream files of bounded size, written and read one record batch at a time.

Each file has its schema, so that `pyarrow.ipc.open_stream` and `datasets.Dataset.from_file` read it by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import pyarrow as pa

from tagline.core.errors import UserError
from tagline.core.reading import reading

# A new file begins after this many bytes.
SHARD_BYTES = 2**27
# How an IPC stream ends: a continuation marker and a length of zero (Arrow Columnar Format, "IPC Streaming Format").
_END_OF_STREAM = b"\xff\xff\xff\xff\0\0\0\0"


class ShardWriter:
    """Write record batches to ``00000.arrow``, ``00001.arrow``, ... in a folder. A context manager.

    Args:
        folder: made here.
        schema: the columns.

    Attributes:
        rows: the number of rows written so far.
    """

    def __init__(self, folder: Path, schema: pa.Schema) -> None:
        folder.mkdir(parents=True)
        self.folder, self.schema = folder, schema
        self.rows = 0
        self._files = 0
        self._open()

    def write(self, columns: dict[str, pa.Array]) -> None:
        """Write rows: one array per column, of the same length and of the schema's types."""
        if self._bytes >= SHARD_BYTES:
            self._close()
            self._open()
        batch = pa.record_batch([columns[name] for name in self.schema.names], schema=self.schema)
        self._writer.write_batch(batch)
        self.rows += batch.num_rows
        self._bytes += batch.nbytes

    def _open(self) -> None:
        self._stream = pa.OSFile(str(self.folder / f"{self._files:05}.arrow"), "wb")
        self._writer = pa.ipc.new_stream(self._stream, self.schema)
        self._files += 1
        self._bytes = 0

    def _close(self) -> None:
        self._writer.close()
        self._stream.close()

    def __enter__(self) -> ShardWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._close()


def shard_files(folder: Path) -> list[Path]:
    """The files of a folder of shards, in the order in which they were written."""
    return sorted(folder.glob("*.arrow"))


def read_batches(folder: Path) -> Iterator[pa.RecordBatch]:
    """Yield the record batches of a folder of shards, with one file mapped into memory at a time."""
    for file in shard_files(folder):
        with pa.memory_map(str(file)) as source:
            yield from pa.ipc.open_stream(source)


def check(folder: Path, schema: pa.Schema, made_by: str) -> int:
    """Check that all shards of a folder are complete, valid Arrow of a schema, without nulls.

    All list columns must have the same number of items in a row. pyarrow trusts the lengths and offsets in a file, so
    reading a damaged one unchecked could crash the process.

    Args:
        folder: the folder of the shards.
        schema: the columns that they must have.
        made_by: the stage that wrote them, for messages.

    Returns:
        The number of rows.

    Raises:
        UserError: a file is damaged, or there is none.
    """
    files = shard_files(folder)
    if not files:
        raise UserError(f"{folder}: no Arrow files; run `dvc repro {made_by}` again")
    rows = 0
    for file in files:
        with reading(file, made_by):
            rows += _checked_rows(file, schema)
    return rows


def _checked_rows(file: Path, schema: pa.Schema) -> int:
    rows = 0
    with file.open("rb") as raw:
        raw.seek(0, 2)
        raw.seek(max(raw.tell() - len(_END_OF_STREAM), 0))
        if raw.read() != _END_OF_STREAM:
            raise pa.ArrowInvalid("the file is truncated")
    with pa.memory_map(str(file)) as source, pa.ipc.open_stream(source) as stream:
        # Not Schema.equals(), which ignores the names of list items.
        if stream.schema.remove_metadata().serialize() != schema.remove_metadata().serialize():
            raise pa.ArrowInvalid(f"expected the columns {', '.join(schema.names)}")
        for batch in stream:
            batch.validate(full=True)
            lists = [column for column in batch.columns if pa.types.is_list(column.type)]
            if any(column.null_count for column in [*batch.columns, *(each.values for each in lists)]):
                raise pa.ArrowInvalid("a value is null")
            if any(not each.offsets.equals(lists[0].offsets) for each in lists):
                raise pa.ArrowInvalid("the lists of a row differ in length")
            rows += batch.num_rows
    return rows
