"""The folder data/predictions: the predicted label of each word of validation and test.

SPLIT.parquet       one row per sentence: id, words, gold, predicted (label names), score (one per word)
provenance.json     the label list, how labels were chosen (with ``biases`` if there are any), and the precision
hashes.json         the SHA-256 of each file, and of reports/evaluate.json
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tagline.core.outputs import read_json, write_json
from tagline.core.provenance import PROVENANCE, write_hashes
from tagline.core.reading import parse_object, reading
from tagline.labels.label_list import Kind, LabelNames, Labels
from tagline.labels.model_settings import NO_BIASES, Biases, Decoding, Precision
from tagline.labels.tagged import TaggedSentence, TaggedSentences, flatten

COLUMNS = ("id", "words", "gold", "predicted", "score")
_SCHEMA = pa.schema(
    [
        ("id", pa.large_string()),
        *((name, pa.list_(pa.string())) for name in COLUMNS[1:4]),
        ("score", pa.list_(pa.float32())),
    ]
)


def write(folder: Path, split: str, sentences: Sequence[TaggedSentence]) -> None:
    """Write the predictions of a split."""
    flat = flatten(sentences)
    names = pa.array(flat.labels.names, pa.string())
    offsets = pa.array(flat.offsets, pa.int32())
    of_words = {"gold": names.take(pa.array(flat.known_gold)), "predicted": names.take(pa.array(flat.predicted))}
    of_words |= {"score": pa.array(flat.scores)}
    columns = {name: pa.ListArray.from_arrays(offsets, values) for name, values in of_words.items()}
    columns |= {"id": pa.array(flat.ids, pa.large_string()), "words": pa.array(flat.words, pa.list_(pa.string()))}
    # Errors of Python's files have numbers, by which a full disk is recognised.
    with (folder / f"{split}.parquet").open("wb") as file:
        pq.write_table(pa.table(columns).select(COLUMNS).cast(_SCHEMA), file)


class Settings(NamedTuple):
    """How the labels were chosen, which later stages do alike.

    Attributes:
        decoding: ``evaluate.decoding``.
        precision: ``evaluate.precision``.
        biases: of the operating point.
    """

    decoding: Decoding
    precision: Precision
    biases: Biases = NO_BIASES


def write_provenance(folder: Path, labels: Labels, settings: Settings, others: Mapping[Path, Path]) -> None:
    """Write labels and settings, which later stages read, and the hashes; the splits are written before.

    Args:
        folder: the temporary path of data/predictions.
        labels: the label list of the predictions.
        settings: how labels were chosen.
        others: see `write_hashes`.
    """
    content = {"decoding": settings.decoding, "precision": settings.precision, "labels": asdict(labels)}
    write_json(folder / PROVENANCE, content | ({"biases": settings.biases} if settings.biases else {}))
    write_hashes(folder, others=others)


def read_settings(path: Path) -> Settings:
    """Read how labels were chosen in data/predictions/provenance.json, whose hash the caller has verified."""
    content = read_json(path, "evaluate")
    return Settings(content["decoding"], content["precision"], content.get("biases", {}))


def read_kind(content: bytes, where: str) -> Kind:
    """Read the kind of the labels.

    Args:
        content: the bytes of provenance.json.
        where: the name of the file in messages.

    Raises:
        UserError: the file is damaged.
    """
    with reading(where, "evaluate", expected="a label list"):
        kind: Kind = parse_object(content)["labels"]["kind"]
        if kind not in get_args(Kind):
            raise ValueError(f"kind is {kind!r}")
        return kind


def read(content: bytes, kind: Kind, where: str) -> list[TaggedSentence]:
    """Read the predictions of a split.

    Args:
        content: the bytes of the Parquet file.
        kind: how its labels are read.
        where: the name of the file in messages.

    Raises:
        UserError: the file is damaged.
    """
    table = _read_table(content, where)
    columns = {name: table[name].combine_chunks() for name in COLUMNS[1:]}
    flat = {name: column.flatten() for name, column in columns.items()}
    names = tuple(sorted({name for side in ("gold", "predicted") for name in flat[side].unique().to_pylist()}))
    return list(
        TaggedSentences(
            LabelNames(kind, names),
            lengths=columns["words"].value_lengths().to_pylist(),
            predicted=_label_ids(flat["predicted"], names),
            scores=flat["score"].to_numpy(),
            gold=_label_ids(flat["gold"], names),
            ids=table["id"].to_pylist(),
            words=columns["words"].to_pylist(),
        )
    )


def _read_table(content: bytes, where: str) -> pa.Table:
    """Read the columns and check that each row has two labels and a score per word."""
    with reading(where, "evaluate", expected=f"a table of {', '.join(COLUMNS)}"):
        table = pq.read_table(BytesIO(content))
        table.validate(full=True)
        table = table.select(COLUMNS).cast(_SCHEMA).combine_chunks()
        lists = [table[name].combine_chunks() for name in COLUMNS[1:]]
        if any(column.null_count for column in (table["id"], *lists, *(each.flatten() for each in lists))):
            raise ValueError("null values")
        if any(not each.value_lengths().equals(lists[0].value_lengths()) for each in lists):
            raise ValueError("a row has lists of different lengths")
        return table


def _label_ids(labels: pa.Array, names: Sequence[str]) -> Any:
    """Turn label names into label ids, int64."""
    return pc.index_in(labels, value_set=pa.array(names, pa.string())).to_numpy().astype(np.int64)
