"""Shards: a data set on disk as `datasets.load_from_disk` reads it, written and read a batch at a time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType

import pyarrow as pa
from datasets import Dataset, DatasetInfo, Features
from datasets.fingerprint import Hasher

SHARD_BYTES = 2**27


class ShardWriter:
    """Writes one split; a new file begins once one holds ``SHARD_BYTES``. To be used in a ``with``.

    `datasets` writes from a data set that it can hold or has on disk already; this writes what is still being made.

    Args:
        folder: made here; afterwards it holds the shards, dataset_info.json and state.json.
        features: the columns.
        split: the split's name, for state.json.
    """

    def __init__(self, folder: Path, features: Features, split: str) -> None:
        folder.mkdir(parents=True)
        self.folder, self.features, self.split = folder, features, split
        self.rows = 0
        self._files: list[Path] = []
        self._open()

    def write(self, columns: dict[str, pa.Array]) -> None:
        """Add rows: one array a column, all of the same length, of the types that the features ask for."""
        if self._bytes >= SHARD_BYTES:
            self._close()
            self._open()
        schema = self.features.arrow_schema
        batch = pa.record_batch([columns[name] for name in schema.names], schema=schema)
        self._writer.write_batch(batch)
        self.rows += batch.num_rows
        self._bytes += batch.nbytes

    def _open(self) -> None:
        self._files.append(self.folder / f"{len(self._files)}.arrow")
        self._stream = pa.OSFile(str(self._files[-1]), "wb")
        self._writer = pa.ipc.new_stream(self._stream, self.features.arrow_schema)
        self._bytes = 0

    def _close(self) -> None:
        self._writer.close()
        self._stream.close()

    def __enter__(self) -> ShardWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._close()
        if kind is None:
            self._finish()

    def _finish(self) -> None:
        total = len(self._files)
        names = [f"data-{number:05}-of-{total:05}.arrow" for number in range(total)]
        for file, name in zip(self._files, names, strict=True):
            file.rename(self.folder / name)
        DatasetInfo(features=self.features).write_to_directory(str(self.folder))
        state: dict[str, object] = {
            "_data_files": [{"filename": name} for name in names],
            "_fingerprint": _fingerprint(self.folder / name for name in names),
            "_format_columns": None,
            "_format_kwargs": {},
            "_format_type": None,
            "_output_all_columns": False,
            "_split": self.split,
        }
        (self.folder / "state.json").write_text(json.dumps(state, indent=2, sort_keys=True), encoding="utf-8")


def read(dataset: Dataset) -> Iterator[pa.RecordBatch]:
    """The record batches of a data set that `load_from_disk` returned, one file mapped at a time.

    What was read of a file leaves the memory with it, where the data set itself would keep all of them mapped.
    """
    for file in dataset.cache_files:
        with pa.memory_map(file["filename"]) as source:
            yield from pa.ipc.open_stream(source)


def _fingerprint(files: Iterable[Path]) -> str:
    """What `datasets` keys its caches by: the same for the same bytes, and for no others."""
    fingerprint = ""
    for file in files:
        with pa.memory_map(str(file)) as source:
            fingerprint = Hasher.hash_bytes([fingerprint.encode(), source.read_buffer()])
    return fingerprint
