"""The folder data/predictions: what the model says of every word of validation and test.

SPLIT.parquet       one row per sentence: id, words, gold, predicted (label names), score (one per word)
provenance.json     the label list, and how labels were chosen
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tagline.core.errors import UserError
from tagline.core.outputs import read_json, write_json
from tagline.core.provenance import PROVENANCE
from tagline.labels.label_list import Decoding, Kind, Labels
from tagline.labels.schemes import is_spans
from tagline.labels.tagged import TaggedSentence, tagged_sentences

COLUMNS = ("id", "words", "gold", "predicted", "score")
_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        *((name, pa.list_(pa.string())) for name in COLUMNS[1:4]),
        ("score", pa.list_(pa.float32())),
    ]
)


def write(folder: Path, split: str, sentences: Sequence[TaggedSentence]) -> None:
    """Write the predictions of a split."""
    columns: dict[str, list[Any]] = {
        "id": [sentence.id for sentence in sentences],
        "words": [sentence.words for sentence in sentences],
        "gold": [sentence.gold_names for sentence in sentences],
        "predicted": [sentence.predicted_names for sentence in sentences],
        "score": [sentence.scores for sentence in sentences],
    }
    pd.DataFrame(columns).to_parquet(folder / f"{split}.parquet", index=False)


def write_provenance(folder: Path, labels: Labels, decoding: Decoding) -> None:
    """Write down what later stages need to know of the predictions."""
    write_json(folder / PROVENANCE, {"decoding": decoding, "labels": asdict(labels)})


def read_decoding(path: Path) -> Decoding:
    """Read how the scored labels were chosen.

    Args:
        path: data/predictions/provenance.json.

    Raises:
        UserError: the file is missing or damaged.
    """
    decoding: Decoding = read_json(path, "evaluate").get("decoding", "")
    if decoding not in get_args(Decoding):
        raise UserError(f"{path}: no decoding in it; expected greedy or constrained: run `dvc repro evaluate` again")
    return decoding


def read_kind(content: bytes, where: str) -> Kind:
    """Read how the labels of the predictions are read.

    Args:
        content: of provenance.json.
        where: what messages call the file.

    Raises:
        UserError: the file is damaged.
    """
    try:
        kind: Kind = json.loads(content)["labels"]["kind"]
        known = kind in get_args(Kind)
    except (ValueError, KeyError, TypeError, RecursionError):
        known = False
    if not known:
        raise UserError(f"{where}: damaged; expected a label list: run `dvc repro evaluate` again")
    return kind


def read(content: bytes, kind: Kind | None, where: str) -> list[TaggedSentence]:
    """Read the predictions of a split.

    Args:
        content: of the Parquet file.
        kind: how its labels are read; None: as spans where they have prefixes.
        where: what messages call the file.

    Raises:
        UserError: it is damaged, lacks a column or has rows of unequal length.
    """
    table = _table(content, where)
    words, gold, predicted = (table[name].combine_chunks() for name in COLUMNS[1:4])
    names = sorted({label for column in (gold, predicted) for label in column.flatten().unique().to_pylist()})
    # The task and the fallback are those of training; comparing predictions needs neither.
    kind = kind or ("spans" if is_spans(names) else "tags")
    labels = Labels(task="", kind=kind, names=tuple(names), fallback="")
    found, known = (_ids(column.flatten(), names) for column in (predicted, gold))
    scores = table["score"].combine_chunks().flatten().to_numpy().astype(np.float32)
    lengths = words.value_lengths().to_pylist()
    return list(tagged_sentences(labels, lengths, found, scores, known, table["id"].to_pylist(), words.to_pylist()))


def _table(content: bytes, where: str) -> pa.Table:
    """Read the columns and check that each row has one label and one score per word."""
    try:
        table = pq.read_table(BytesIO(content))
        for field in _SCHEMA:
            if field.name not in table.column_names:
                raise UserError(f"{where}: the column {field.name} is missing: run `dvc repro evaluate` again")
            found = _value_type(table.schema.field(field.name).type)
            if pa.types.is_primitive(found) != pa.types.is_primitive(_value_type(field.type)):  # cast would allow it
                raise UserError(f"{where}: the column {field.name} has {found} values: run `dvc repro evaluate` again")
        table = table.select(_SCHEMA.names).cast(_SCHEMA)
    except (pa.ArrowException, OSError) as error:
        reason = " ".join(str(error).split())
        raise UserError(f"{where}: not a table of predictions ({reason}): run `dvc repro evaluate` again") from None
    lengths = [pc.fill_null(pc.list_value_length(table[name]), -1).to_numpy() for name in _SCHEMA.names[1:]]
    uneven = np.flatnonzero((np.stack(lengths) != lengths[0]).any(0) | (lengths[0] < 0))
    if len(uneven):
        row = int(uneven[0])
        raise UserError(f"{where}, row {table['id'][row]}: expected one gold label, predicted label and score per word")
    for name in _SCHEMA.names:
        column = table[name].combine_chunks()
        if column.null_count or (name != "id" and column.flatten().null_count):
            raise UserError(f"{where}: the column {name} has empty values: run `dvc repro evaluate` again")
    return table


def _value_type(of_column: pa.DataType) -> pa.DataType:
    return getattr(of_column, "value_type", of_column)


def _ids(names: pa.Array, known: Sequence[str]) -> Any:
    ids = pc.index_in(names, value_set=pa.array(known, pa.string()))
    return ids.to_numpy(zero_copy_only=False).astype(np.int64)
