"""Tables with list columns of words and tags: Parquet, and folders that ``Dataset.save_to_disk`` of datasets writes.

The libraries are imported where they are needed: whoever only checks params.yaml need not wait for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tagline.core.reading import parse_object, reading
from tagline.sources.formats.base import SentenceFormat, is_plain
from tagline.sources.formats.lines import at_least_one
from tagline.sources.formats.list_sniffing import sniff_lists
from tagline.sources.formats.lists import BATCH_ROWS, ListKeys, columns_of, label_names, rows_of, to_sentence
from tagline.sources.formats.sniffing import Guess, Sample
from tagline.terminal.errors import UserError
from tagline.terminal.escaping import shortened
from tagline.text.sentence import Sentence, WordRules

if TYPE_CHECKING:
    import pyarrow as pa
    from datasets import Dataset
    from pyarrow.parquet import ParquetFile

NO_PARQUET = "not a Parquet file, or damaged"
# In each folder of a saved data set.
MARKER = "dataset_info.json"


class ParquetKeys(ListKeys):
    """The columns of a table."""

    format: Literal["parquet"]


def recognise_parquet(sample: Sample) -> Guess | None:
    """Guess the columns of a file."""
    if sample.path.is_dir():
        return None
    with sample.path.open("rb") as file:
        if file.read(4) != b"PAR1":
            return None
    import pyarrow.parquet as pq

    with reading(sample.path, problem=NO_PARQUET), pq.ParquetFile(sample.path) as table:
        return sniff_lists(lambda: _parquet_rows(table), sample.path, _features(table.schema_arrow))


def read_parquet(path: Path, keys: ParquetKeys, rules: WordRules) -> Iterator[Sentence]:
    """Read a sentence per row."""
    import pyarrow.parquet as pq

    again = "write the file again"
    with reading(path, problem=NO_PARQUET, remedy=again), pq.ParquetFile(path) as table:
        columns = columns_of(keys, table.schema_arrow.names, str(path))
        with reading(path, problem="the metadata of `datasets` is damaged", remedy=again):
            names = label_names(_features(table.schema_arrow), keys.tag_columns, keys.names)
        rows = at_least_one(_parquet_rows(table, columns), f"{path}: no sentence; expected one row per sentence")
        for number, row in enumerate(rows, 1):
            yield to_sentence(row, keys, rules, names, f"{path}: row {number}")


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


class SavedKeys(ListKeys):
    """The columns of a saved data set."""

    format: Literal["save_to_disk"]


def recognise_saved(sample: Sample) -> Guess | None:
    """Guess the columns of a folder."""
    path = sample.path
    if not (path / MARKER).is_file():
        return None
    with _reading_saved(path):
        saved = _load(path)
        return sniff_lists(lambda: iter(saved), path, saved.features)


def files_of_saved(path: Path, keys: SavedKeys) -> list[Path]:  # noqa: ARG001 (see `Format.files`)
    """The files in a folder."""
    return sorted(filter(Path.is_file, path.iterdir())) if path.is_dir() else [path]


def read_saved(path: Path, keys: SavedKeys, rules: WordRules) -> Iterator[Sentence]:
    """Read a data set per split; of a saved DatasetDict, its folder of the split."""
    with _reading_saved(path):
        saved = _load(path)
        names = label_names(saved.features, keys.tag_columns, keys.names)
        rows = rows_of(saved, columns_of(keys, saved.column_names, str(path)))
        for number, row in enumerate(rows, 1):
            yield to_sentence(row, keys, rules, names, f"{path}: row {number}")


def _reading_saved(path: Path) -> AbstractContextManager[None]:
    return reading(path, problem="not a data set that save_to_disk wrote, or damaged", remedy="save it again")


def _load(path: Path) -> Dataset:
    """Load a saved split.

    Raises:
        UserError: it names files elsewhere, or is a folder of several splits.
    """
    from datasets import DatasetDict, load_from_disk

    state = path / "state.json"
    if state.is_file():
        for file in parse_object(state.read_bytes())["_data_files"]:
            if not is_plain(file["filename"]):
                raise UserError(
                    f"{state}: it names the file {shortened(repr(file['filename']))}; expected files beside it, "
                    "without a folder; save the data set again"
                )
    saved = load_from_disk(str(path))
    if isinstance(saved, DatasetDict):
        raise UserError(f"{path}: a DatasetDict; expected the folder of one split ({', '.join(saved)}) in it")
    return saved


PARQUET = SentenceFormat(
    keys=ParquetKeys,
    read=read_parquet,
    recognise=recognise_parquet,
    holds="list columns, one row per sentence",
)
SAVED = SentenceFormat(
    keys=SavedKeys,
    read=read_saved,
    recognise=recognise_saved,
    holds="what `Dataset.save_to_disk` wrote: a folder",
    files=files_of_saved,
    folders=True,
    marker=MARKER,
)
