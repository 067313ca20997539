"""Parquet: a row a sentence, with list columns of words and tags."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from datasets import ClassLabel, Features

from tagline.core.errors import UserError
from tagline.sources.formats.lists import Keys, to_sentence
from tagline.sources.formats.sentence import Sentence

BATCH = 1000


def read_sentences(path: Path, keys: Keys) -> Iterator[Sentence]:
    """Read a file sentence by sentence, a thousand rows in memory at a time.

    Tags that are numbers get their names from `keys`, or else from the ClassLabel that `datasets` wrote into the file.

    Raises:
        UserError: the file is no whole Parquet file, lacks a column or holds no row; see `lists.to_sentence` for the rest.
    """
    row = 0
    try:
        with pq.ParquetFile(path) as file:
            schema = file.schema_arrow
            for column in keys.all:
                if schema.names.count(column) != 1:
                    raise UserError(f"{path} has no column {column!r}: it has {', '.join(schema.names) or 'none'}")
            keys = replace(keys, names={**_names_in(schema, keys, path), **keys.names})
            for batch in file.iter_batches(BATCH, columns=keys.all):
                batch.validate(full=True)  # strings that are not UTF-8 would end in a UnicodeDecodeError
                for number, values in enumerate(batch.to_pylist(), row + 1):
                    yield to_sentence(values, keys, f"{path}: row {number}")
                row += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        where = f" after row {row}" if row else ""
        raise UserError(f"{path}: no whole Parquet file{where} ({' '.join(str(error).split())})") from None
    if not row:
        raise UserError(f"{path} holds no sentence: expected a row a sentence")


def _names_in(schema: pa.Schema, keys: Keys, path: Path) -> dict[str, list[str]]:
    """The label names that `datasets` left in the schema's metadata, by layer."""
    if b"huggingface" not in (schema.metadata or {}):
        return {}
    try:
        features = Features.from_arrow_schema(schema)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path}: its metadata of `datasets` can't be read ({error}): write the file again") from None
    items = {layer: getattr(features[column], "feature", None) for layer, column in keys.layers.items()}
    return {layer: item.names for layer, item in items.items() if isinstance(item, ClassLabel)}
