"""Parquet with list columns of words and tags.

Libraries are imported late: checking params.yaml need not wait for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tagline.core import reading
from tagline.sources.formats.base import WordFiles
from tagline.sources.formats.lines import at_least_one
from tagline.sources.formats.list_sniffing import sniff_lists
from tagline.sources.formats.lists import BATCH_ROWS, ListKeys, columns_of, label_names, to_sentence
from tagline.sources.formats.sniffing import Guess, Sample
from tagline.text.sentence import Sentence

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

NO_PARQUET = "not a Parquet file, or damaged"


class Parquet(ListKeys, WordFiles):
    format: Literal["parquet"]

    @classmethod
    def recognise(cls, sample: Sample) -> Guess | None:
        if sample.path.is_dir():
            return None
        with sample.path.open("rb") as file:
            if file.read(4) != b"PAR1":
                return None
        import pyarrow.parquet as pq

        with reading(sample.path, problem=NO_PARQUET), pq.ParquetFile(sample.path) as table:
            return sniff_lists(lambda: _parquet_rows(table), _features(table.schema_arrow))

    def read(self, path: Path) -> Iterator[Sentence]:
        import pyarrow.parquet as pq

        again = "write the file again"
        with reading(path, problem=NO_PARQUET, remedy=again), pq.ParquetFile(path) as table:
            columns = columns_of(self, table.schema_arrow.names, str(path))
            with reading(path, problem="the metadata of `datasets` is damaged", remedy=again):
                names = label_names(_features(table.schema_arrow), self.tag_columns, self.names)
            rows = at_least_one(_parquet_rows(table, columns), f"{path}: no sentence; expected one row per sentence")
            for number, row in enumerate(rows, 1):
                yield to_sentence(row, self, self.rules, names, f"{path}: row {number}")


def _parquet_rows(table: ParquetFile, columns: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
    for batch in table.iter_batches(BATCH_ROWS, columns=columns):
        batch.validate(full=True)  # strings that are not UTF-8 would raise a UnicodeDecodeError below
        yield from batch.to_pylist()


def _features(schema: pa.Schema) -> dict[str, Any]:
    """The features that `datasets` may have written into the schema's metadata."""
    if b"huggingface" not in (schema.metadata or {}):
        return {}
    from datasets import Features

    return dict(Features.from_arrow_schema(schema))
