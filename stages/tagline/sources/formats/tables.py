"""Tables with list columns of words and tags: Parquet, and folders that ``Dataset.save_to_disk`` of datasets writes.

The libraries are imported where they are needed: whoever only checks params.yaml need not wait for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from tagline.core.reading import parse_object, reading
from tagline.sources.formats.base import is_plain
from tagline.sources.formats.lines import at_least_one
from tagline.sources.formats.lists import BATCH_ROWS, ListFiles, columns_of, rows_of, sniff_lists, to_sentence
from tagline.sources.formats.sniffing import Guess, Sample
from tagline.terminal.errors import UserError
from tagline.terminal.escaping import shortened
from tagline.text.sentence import Sentence

if TYPE_CHECKING:
    import pyarrow as pa
    from datasets import Dataset
    from pyarrow.parquet import ParquetFile

NO_PARQUET = "not a Parquet file, or damaged"


class ParquetFiles(ListFiles):
    """Parquet with list columns."""

    holds: ClassVar[str] = "list columns, one row per sentence"

    format: Literal["parquet"]

    @classmethod
    def sniff(cls, sample: Sample) -> Guess | None:
        if sample.path.is_dir():
            return None
        with sample.path.open("rb") as file:
            if file.read(4) != b"PAR1":
                return None
        import pyarrow.parquet as pq

        with reading(sample.path, problem=NO_PARQUET), pq.ParquetFile(sample.path) as table:
            return sniff_lists(lambda: _parquet_rows(table), sample.path, _features(table.schema_arrow))

    def read(self, path: Path) -> Iterator[Sentence]:
        import pyarrow.parquet as pq

        again = "write the file again"
        with reading(path, problem=NO_PARQUET, remedy=again), pq.ParquetFile(path) as table:
            columns = columns_of(self, table.schema_arrow.names, str(path))
            with reading(path, problem="the metadata of `datasets` is damaged", remedy=again):
                names = self.names_for(_features(table.schema_arrow))
            rows = at_least_one(_parquet_rows(table, columns), f"{path}: no sentence; expected one row per sentence")
            for number, row in enumerate(rows, 1):
                yield to_sentence(row, self, names, f"{path}: row {number}")


def _parquet_rows(table: ParquetFile, columns: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
    for batch in table.iter_batches(BATCH_ROWS, columns=columns):
        batch.validate(full=True)  # strings that are not UTF-8 would raise a UnicodeDecodeError below
        yield from batch.to_pylist()


def _features(schema: pa.Schema) -> dict[str, Any]:
    """The features that `datasets` wrote into the schema's metadata, if it did."""
    if b"huggingface" not in (schema.metadata or {}):
        return {}
    from datasets import Features

    return dict(Features.from_arrow_schema(schema))


class SavedFiles(ListFiles):
    """A saved data set per split; of a saved DatasetDict, its folder of the split."""

    holds: ClassVar[str] = "what `Dataset.save_to_disk` wrote: a folder"
    folders: ClassVar[bool] = True
    marker: ClassVar[str | None] = "dataset_info.json"

    format: Literal["save_to_disk"]

    @classmethod
    def sniff(cls, sample: Sample) -> Guess | None:
        path = sample.path
        if not (path / str(cls.marker)).is_file():
            return None
        with _reading_saved(path):
            saved = _load(path)
            return sniff_lists(lambda: iter(saved), path, saved.features)

    def files(self, path: Path) -> list[Path]:
        return sorted(each for each in path.iterdir() if each.is_file()) if path.is_dir() else [path]

    def read(self, path: Path) -> Iterator[Sentence]:
        with _reading_saved(path):
            rows = _load(path)
            names = self.names_for(rows.features)
            for number, row in enumerate(rows_of(rows, columns_of(self, rows.column_names, str(path))), 1):
                yield to_sentence(row, self, names, f"{path}: row {number}")


def _reading_saved(path: Path) -> AbstractContextManager[None]:
    return reading(path, problem="not a data set that save_to_disk wrote, or damaged", remedy="save it again")


def _load(path: Path) -> Dataset:
    """Load a saved split.

    Raises:
        UserError: it names files elsewhere, or is a folder of several splits.
    """
    from datasets import DatasetDict, load_from_disk

    if (state := path / "state.json").is_file():
        for name in (file["filename"] for file in parse_object(state.read_bytes())["_data_files"]):
            if not is_plain(name):
                raise UserError(
                    f"{state}: it names the file {shortened(repr(name))}; expected files beside it, without a folder; "
                    "save the data set again"
                )
    saved = load_from_disk(str(path))
    if isinstance(saved, DatasetDict):
        raise UserError(f"{path}: a DatasetDict; expected the folder of one split ({', '.join(saved)}) in it")
    return saved
