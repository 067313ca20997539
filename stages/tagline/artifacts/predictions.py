"""The folder data/predictions: the predicted label of each word of validation and test.

SPLIT.parquet       one row per sentence: id, words, gold, predicted (label names), score (one per word); of test also
                    predicted.altered.FORM, with the labels of altered forms of the words
provenance.json     the label list, how labels were chosen (with ``biases`` if there are any), the precision, the
                    calibration of scores, ``accept`` if a precision is promised, and ``reference``, from which the
                    scores of other texts are estimated, if validation has enough entities
hashes.json         the SHA-256 of each file, and of reports/evaluate.json
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tagline.core import PROVENANCE, parse_object, read_json, reading, write_hashes, write_json
from tagline.labels import (
    Biases,
    Calibration,
    Kind,
    Labels,
    Precision,
    TaggedSentence,
    TaggedSentences,
    flatten,
    label_list,
)
from tagline.labels.label_list import PerType

COLUMNS = ("id", "words", "gold", "predicted", "score")
# How the name begins of a column with the labels predicted for an altered form.
ALTERED = "predicted.altered."


def _schema(altered: Iterable[str]) -> pa.Schema:
    strings = pa.list_(pa.string())
    fields = [
        ("id", pa.large_string()),
        ("words", strings),
        ("gold", strings),
        ("predicted", strings),
        ("score", pa.list_(pa.float32())),
    ]
    fields += [(name, strings) for name in altered]
    return pa.schema(fields)


def write(
    folder: Path,
    split: str,
    sentences: Sequence[TaggedSentence],
    altered: Mapping[str, Sequence[TaggedSentence]] | None = None,
) -> None:
    """Write the predictions of a split, and those for altered forms by name."""
    flat = flatten(sentences)
    names = pa.array(flat.labels.names, pa.string())
    values = {
        "gold": names.take(pa.array(flat.known_gold)),
        "predicted": names.take(pa.array(flat.predicted)),
        "score": pa.array(flat.scores),
    }
    forms = []
    for form, labelled in (altered or {}).items():
        forms.append(ALTERED + form)
        values[ALTERED + form] = names.take(pa.array(flatten(labelled).predicted))
    columns = {
        "id": pa.array(flat.ids, pa.large_string()),
        "words": pa.array(flat.words, pa.list_(pa.string())),
    }
    offsets = pa.array(flat.offsets, pa.int32())
    for name, values_of_words in values.items():
        columns[name] = pa.ListArray.from_arrays(offsets, values_of_words)
    # Errors of Python's files have numbers, by which a full disk is recognised.
    with (folder / f"{split}.parquet").open("wb") as file:
        pq.write_table(pa.table(columns).cast(_schema(forms)), file)


class Settings(NamedTuple):
    """How the labels were chosen, which later stages do alike.

    Attributes:
        precision: ``evaluate.precision``.
        biases: of types whose recall is promised.
        accept: the lowest score of entities of a type whose precision is promised.
        reference: see `tagline.metrics.expected.Reference.to_json`; empty: scores of other texts can't be estimated.
    """

    precision: Precision
    calibration: Calibration = label_list.NOT_CALIBRATED
    biases: Biases = label_list.NO_BIASES
    accept: PerType = label_list.NONE
    reference: Mapping[str, Any] = label_list.NONE


def write_provenance(folder: Path, labels: Labels, settings: Settings, others: Mapping[Path, Path]) -> None:
    """Write labels, settings and hashes, after the splits.

    Args:
        others: see `write_hashes`.
    """
    content: dict[str, Any] = {
        "precision": settings.precision,
        "labels": label_list.to_json(labels),
        "calibration": settings.calibration.to_json(),
    }
    for name in ("biases", "accept", "reference"):
        value = getattr(settings, name)
        if value:
            content[name] = value
    write_json(folder / PROVENANCE, content)
    write_hashes(folder, others=others)


def read_settings(path: Path) -> Settings:
    """Read how labels were chosen in a verified provenance.json of data/predictions.

    Raises:
        UserError: another version of the stage evaluate wrote the file.
    """
    content = read_json(path, "evaluate")
    with reading(path, "evaluate", problem="of another version of Tagline", expected="precision and calibration"):
        return Settings(
            calibration=Calibration(**content["calibration"]),
            precision=content["precision"],
            biases=content.get("biases", {}),
            accept=content.get("accept", {}),
            reference=content.get("reference", {}),
        )


def read_kind(content: bytes, where: str) -> Kind:
    """Read the kind of the labels.

    Raises:
        UserError: the file is damaged.
    """
    with reading(where, "evaluate", expected="a label list"):
        kind: Kind = parse_object(content)["labels"]["kind"]
        if kind not in get_args(Kind):
            raise ValueError(f"kind is {kind!r}")
        return kind


def read_with_altered(files: Mapping[str, bytes], kind: Kind, where: str) -> dict[str, list[TaggedSentence]]:
    """Read the predictions of splits by name, and those for altered forms as ``SPLIT.altered.FORM``.

    Args:
        files: the bytes of the Parquet file of each split.

    Raises:
        UserError: a file is damaged.
    """
    predictions = {}
    for split, content in files.items():
        for column, sentences in _read(content, kind, f"{where}/{split}.parquet"):
            predictions[column.replace("predicted", split, 1)] = sentences
    return predictions


def _read(content: bytes, kind: Kind, where: str) -> Iterator[tuple[str, list[TaggedSentence]]]:
    """Yield the columns of predicted labels, ``predicted`` first, and the sentences with these labels."""
    table = _read_table(content, where)
    ids = table["id"].to_pylist()
    words = table["words"].to_pylist()
    scores = table["score"].combine_chunks().flatten().to_numpy()
    gold = table["gold"].combine_chunks().flatten()
    for column in table.column_names:
        if not column.startswith("predicted"):
            continue
        predicted = table[column].combine_chunks().flatten()
        names = tuple(sorted({*gold.unique().to_pylist(), *predicted.unique().to_pylist()}))
        sentences = TaggedSentences(
            Labels("", kind, names, ""),
            lengths=[len(words_of_sentence) for words_of_sentence in words],
            predicted=_label_ids(predicted, names),
            scores=scores,
            gold=_label_ids(gold, names),
            ids=ids,
            words=words,
        )
        yield column, list(sentences)


def _read_table(content: bytes, where: str) -> pa.Table:
    with reading(where, "evaluate", expected=f"a table of {', '.join(COLUMNS)}"):
        table = pq.read_table(BytesIO(content))
        schema = _schema(name for name in table.column_names if name.startswith(ALTERED))
        return table.select(schema.names).cast(schema).combine_chunks()


def _label_ids(labels: pa.Array, names: Sequence[str]) -> Any:
    """Label ids, int64."""
    return pc.index_in(labels, value_set=pa.array(names, pa.string())).to_numpy().astype(np.int64)
