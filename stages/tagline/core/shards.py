"""Shards: a table in Arrow IPC stream files of bounded size, written and read by record batches.

`pyarrow.ipc.open_stream` and `datasets.Dataset.from_file` read each file by itself.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

import pyarrow as pa

from tagline.core.reading import reading

T = TypeVar("T")

REMEDY = "run `dvc checkout`, or the stage that writes it"

# A new file begins after this many bytes.
SHARD_BYTES = 2**27


class ShardWriter(AbstractContextManager["ShardWriter"]):
    """A context manager that writes record batches to ``00000.arrow``, ``00001.arrow``, ... in a folder."""

    def __init__(self, folder: Path, schema: pa.Schema) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.schema = schema
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

    def __exit__(self, *_: object) -> None:
        self._close()


def shard_files(folder: Path) -> list[Path]:
    """The files of a folder of shards, in the order of writing."""
    return sorted(folder.glob("*.arrow"))


def read_batches(folder: Path) -> Iterator[pa.RecordBatch]:
    """Yield the record batches of a folder of shards, with one file mapped into memory at a time.

    The caller has verified the hashes: pyarrow trusts lengths and offsets, so a damaged file could crash the process.

    Raises:
        UserError: a file is not Arrow IPC.
    """
    for file in shard_files(folder):
        with reading(file, expected="a stream of Arrow IPC", remedy=REMEDY):
            source = pa.memory_map(str(file))
            batches = pa.ipc.open_stream(source)
        with source:
            while True:
                with reading(file, expected="a stream of Arrow IPC", remedy=REMEDY):
                    batch = next(batches, None)
                if batch is None:
                    break
                yield batch


def grouped(items: Iterable[T], size: Callable[[T], int], least: int) -> Iterator[list[T]]:
    """Join successive items into groups whose sizes add up to at least ``least``."""
    group: list[T] = []
    total = 0
    for item in items:
        group.append(item)
        total += size(item)
        if total >= least:
            yield group
            group = []
            total = 0
    if group:
        yield group
