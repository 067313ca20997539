"""The folder data/predictions: the predicted label of each word of validation and test.

SPLIT.parquet       one row per sentence: id, words, gold, predicted (label names), score (one per word); gold is null
                    where it is unknown, and a JSON list of the possible labels where it is known in part; of test
                    also predicted.altered.FORM, with the labels of altered forms of the words
provenance.json     the label list, how labels were chosen (with ``biases`` if there are any), the precision, the
                    calibration of scores, and ``accept`` if a precision is promised
hashes.json         the SHA-256 of each file, and of reports/evaluate.json
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tagline.core.outputs import read_json, write_json
from tagline.core.provenance import PROVENANCE, write_hashes
from tagline.core.reading import parse_object, reading
from tagline.labels import label_list
from tagline.labels.label_list import PER_TYPE, Biases, Calibration, Decoding, Kind, Labels, PerType, Precision
from tagline.labels.tagged import TaggedSentence, TaggedSentences, flatten

COLUMNS = ("id", "words", "gold", "predicted", "score")
# How the name begins of a column with the labels predicted for an altered form.
ALTERED = "predicted.altered."


def _schema(altered: Iterable[str]) -> pa.Schema:
    """The columns, with those of some altered forms."""
    labels = [(name, pa.list_(pa.string())) for name in (*COLUMNS[1:4], *altered)]
    return pa.schema([("id", pa.large_string()), *labels[:3], ("score", pa.list_(pa.float32())), *labels[3:]])


def write(
    folder: Path,
    split: str,
    sentences: Sequence[TaggedSentence],
    altered: Mapping[str, Sequence[TaggedSentence]] | None = None,
) -> None:
    """Write the predictions of a split, and those for altered forms of its words, by name."""
    flat = flatten(sentences)
    names = pa.array(flat.labels.names, pa.string())
    offsets = pa.array(flat.offsets, pa.int32())
    of_gold = pa.array(map(_spelled, label_list.id_names(flat.labels)), pa.string())
    of_words = {"gold": of_gold.take(pa.array(flat.known_gold)), "predicted": names.take(pa.array(flat.predicted))}
    of_words |= {"score": pa.array(flat.scores)}
    forms = {ALTERED + form: names.take(pa.array(flatten(each).predicted)) for form, each in (altered or {}).items()}
    columns = {name: pa.ListArray.from_arrays(offsets, values) for name, values in (of_words | forms).items()}
    columns |= {"id": pa.array(flat.ids, pa.large_string()), "words": pa.array(flat.words, pa.list_(pa.string()))}
    schema = _schema(forms)
    # Errors of Python's files have numbers, by which a full disk is recognised.
    with (folder / f"{split}.parquet").open("wb") as file:
        pq.write_table(pa.table(columns).select(schema.names).cast(schema), file)


class Settings(NamedTuple):
    """How the labels were chosen, which later stages do alike.

    Attributes:
        decoding: ``evaluate.decoding``.
        precision: ``evaluate.precision``.
        calibration: of the scores.
        biases: of the operating point.
        accept: the lowest score of entities of a type whose precision is promised.
    """

    decoding: Decoding
    precision: Precision
    calibration: Calibration = label_list.NOT_CALIBRATED
    biases: Biases = label_list.NO_BIASES
    accept: PerType = label_list.NONE


def write_provenance(folder: Path, labels: Labels, settings: Settings, others: Mapping[Path, Path]) -> None:
    """Write labels and settings, which later stages read, and the hashes; the splits are written before.

    Args:
        folder: the temporary path of data/predictions.
        labels: the label list of the predictions.
        settings: how labels were chosen.
        others: see `write_hashes`.
    """
    content: dict[str, Any] = {"decoding": settings.decoding, "precision": settings.precision}
    content |= {"labels": label_list.to_json(labels), "calibration": settings.calibration.to_json()}
    of_types = {"biases": settings.biases, "accept": settings.accept}
    write_json(folder / PROVENANCE, content | {name: values for name, values in of_types.items() if values})
    write_hashes(folder, others=others)


def read_settings(path: Path) -> Settings:
    """Read how labels were chosen in data/predictions/provenance.json, whose hash the caller has verified.

    Raises:
        UserError: another version of the stage evaluate wrote the file.
    """
    content = read_json(path, "evaluate")
    problem, expected = "of another version of Tagline", "decoding, precision and calibration"
    with reading(path, "evaluate", problem=problem, expected=expected):
        calibration = Calibration(**content["calibration"])
        of_types = (content.get(name, {}) for name in PER_TYPE)
        return Settings(content["decoding"], content["precision"], calibration, *of_types)


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


def read_with_altered(files: Mapping[str, bytes], kind: Kind, where: str) -> dict[str, list[TaggedSentence]]:
    """Read the predictions of some splits by their names, and those for altered forms as ``SPLIT.altered.FORM``.

    Args:
        files: the bytes of the Parquet file of each split.
        kind: how their labels are read.
        where: the name of their folder in messages.

    Raises:
        UserError: a file is damaged.
    """
    return {
        name.replace("predicted", split, 1): found
        for split, content in files.items()
        for name, found in _read(content, kind, f"{where}/{split}.parquet")
    }


def _read(content: bytes, kind: Kind, where: str) -> Iterator[tuple[str, list[TaggedSentence]]]:
    """Yield the names of the columns of predicted labels, and the sentences with these labels; ``predicted`` first."""
    table = _read_table(content, where)
    columns = {name: table[name].combine_chunks() for name in table.column_names if name != "id"}
    flat = {name: column.flatten() for name, column in columns.items()}
    ids, words = table["id"].to_pylist(), columns["words"].to_pylist()
    with reading(where, "evaluate", expected="label names"):
        possible = [_parsed(text, kind) for text in flat["gold"].unique().to_pylist()]
        sets = tuple(sorted(each for each in possible if len(each) != 1))
    for side in (name for name in columns if name.startswith("predicted")):
        with reading(where, "evaluate", expected="label names"):
            names = tuple(sorted({*chain(*possible), *flat[side].unique().to_pylist()}))
        found = TaggedSentences(
            Labels("", kind, names, "", sets),
            lengths=columns["words"].value_lengths().to_pylist(),
            predicted=_label_ids(flat[side], names),
            scores=flat["score"].to_numpy(),
            gold=_label_ids(flat["gold"], [*names, *map(_spelled, sets)]),
            ids=ids,
            words=words,
        )
        yield side, list(found)


def _read_table(content: bytes, where: str) -> pa.Table:
    """Read the columns and check that each row has a score and all labels of each word."""
    with reading(where, "evaluate", expected=f"a table of {', '.join(COLUMNS)}"):
        table = pq.read_table(BytesIO(content))
        table.validate(full=True)
        schema = _schema(name for name in table.column_names if name.startswith(ALTERED))
        table = table.select(schema.names).cast(schema).combine_chunks()
        lists = {name: table[name].combine_chunks() for name in schema.names[1:]}
        values = [each.flatten() for name, each in lists.items() if name != "gold"]  # which may be unknown
        if any(column.null_count for column in (table["id"], *lists.values(), *values)):
            raise ValueError("null values")
        if any(not each.value_lengths().equals(lists["words"].value_lengths()) for each in lists.values()):
            raise ValueError("a row has lists of different lengths")
        return table


def _spelled(names: Sequence[str]) -> str | None:
    """A gold label in a table: its name, a JSON list of the possible ones, or null for any."""
    return names[0] if len(names) == 1 else json.dumps(names, ensure_ascii=False) if names else None


def _parsed(text: str | None, kind: Kind) -> tuple[str, ...]:
    """The labels that `_spelled` wrote; a plain tag may look like a list, but is never known in part."""
    if text is None:
        return label_list.ANY
    return tuple(json.loads(text)) if kind == "spans" and text.startswith("[") else (text,)


def _label_ids(labels: pa.Array, names: Sequence[str | None]) -> Any:
    """Turn label names into label ids, int64."""
    return pc.index_in(labels, value_set=pa.array(names, pa.string())).to_numpy().astype(np.int64)
