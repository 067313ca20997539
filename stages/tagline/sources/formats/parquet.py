"""Parquet: one row per sentence, with list columns of words and tags."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from tagline.core.errors import UserError
from tagline.core.reading import reading
from tagline.sources.formats import sniffing
from tagline.sources.formats.lists import BATCH_ROWS, ListFiles, columns_of, sniff_lists, to_sentence
from tagline.sources.formats.sniffing import Sample
from tagline.text.sentence import Sentence

if TYPE_CHECKING:
    import pyarrow as pa


class ParquetFiles(ListFiles):
    """Parquet with list columns."""

    holds: ClassVar[str] = "list columns, one row per sentence"

    format: Literal["parquet"]

    @classmethod
    def sniff(cls, sample: Sample) -> sniffing.Keys | None:
        if sample.path.is_dir():
            return None
        with sample.path.open("rb") as file:
            if file.read(4) != b"PAR1":
                return None
        import pyarrow.parquet as pq

        def rows() -> Iterator[dict[str, Any]]:
            return (row for batch in table.iter_batches(sniffing.ROWS) for row in batch.to_pylist())

        with reading(sample.path, problem="not a Parquet file, or damaged"), pq.ParquetFile(sample.path) as table:
            return sniff_lists(rows, sample.path, _features(table.schema_arrow))

    def read(self, path: Path) -> Iterator[Sentence]:
        # Imported here: whoever only checks params.yaml need not wait for them.
        import pyarrow.parquet as pq

        row = 0
        damaged = reading(path, problem="not a Parquet file, or damaged", remedy="write the file again")
        with damaged, pq.ParquetFile(path) as file:
            columns = columns_of(self.keys, file.schema_arrow.names, str(path))
            with reading(path, problem="the metadata of `datasets` is damaged", remedy="write the file again"):
                keys = self.keys_for(_features(file.schema_arrow))
            for batch in file.iter_batches(BATCH_ROWS, columns=columns):
                batch.validate(full=True)  # strings that are not UTF-8 would raise a UnicodeDecodeError below
                for number, values in enumerate(batch.to_pylist(), row + 1):
                    yield to_sentence(values, keys, f"{path}: row {number}")
                row += batch.num_rows
        if not row:
            raise UserError(f"{path}: no sentence; expected one row per sentence")


def _features(schema: pa.Schema) -> dict[str, Any]:
    """The features that `datasets` wrote into the schema's metadata, if it did."""
    if b"huggingface" not in (schema.metadata or {}):
        return {}
    from datasets import Features  # imported here: it is slow to load

    return dict(Features.from_arrow_schema(schema))
