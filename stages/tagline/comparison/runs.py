"""Runs: what one execution of the pipeline predicted, read from the files that the stage evaluate wrote."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tagline.core.errors import UserError
from tagline.labels.label_list import Kind
from tagline.labels.schemes import is_spans

PREDICTIONS = "data/predictions"
EVALUATE = "metrics/evaluate.json"
DATA = "metrics/data.json"
SPLITS = ("validation", "test")

_COLUMNS = ("id", "words", "gold", "predicted")


@dataclass(frozen=True)
class Rows:
    """The sentences of a split: ids, and for each sentence a list of words, of gold and of predicted label names."""

    ids: list[str]
    words: list[list[str]]
    gold: list[list[str]]
    predicted: list[list[str]]


@dataclass(frozen=True)
class Run:
    """What was found of a revision.

    Attributes:
        name: the revision as the user wrote it.
        commit: the hash that it stands for; None for the workspace.
        kind: how the labels are to be read.
        splits: its predictions by split.
        metrics: its metrics/evaluate.json; empty where there is none.
        notes: what a reader should know before trusting it.
    """

    name: str
    commit: str | None
    kind: Kind
    splits: dict[str, Rows]
    metrics: dict[str, Any]
    notes: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        return self.name if self.commit is None or self.commit.startswith(self.name) else f"{self.name} ({self.short})"

    @property
    def short(self) -> str:
        return (self.commit or self.name)[:7]


def make_run(
    name: str,
    commit: str | None,
    predictions: Callable[[str], bytes],
    committed: Callable[[str], bytes | None],
    splits: Sequence[str],
) -> Run:
    """Put a run together.

    Args:
        name: the revision as the user wrote it.
        commit: the hash that it stands for.
        predictions: gives the bytes of a file of data/predictions, or raises a `UserError`.
        committed: gives the bytes of a file that Git keeps, None where it is not there.
        splits: which ones to read.

    Raises:
        UserError: a file is missing or damaged.
    """
    rows = {split: _rows(predictions(path := f"{PREDICTIONS}/{split}.parquet"), f"{name}: {path}") for split in splits}
    data = _object(committed(DATA), f"{name}: {DATA}")
    schemes = {data[split].get("scheme") for split in splits if split in data} - {None}
    # A column may be read as plain tags whatever its tags look like; what the run itself says of it goes first.
    labels = {label for split in rows.values() for row in (*split.gold, *split.predicted) for label in row}
    kind: Kind = "tags" if "tags" in schemes or not (schemes or is_spans(labels)) else "spans"
    return Run(name, commit, kind, rows, _object(committed(EVALUATE), f"{name}: {EVALUATE}"))


def _rows(content: bytes, where: str) -> Rows:
    try:
        file = pq.ParquetFile(BytesIO(content))
        if missing := [name for name in _COLUMNS if name not in file.schema_arrow.names]:
            raise UserError(f"{where} lacks the column {missing[0]}: run `dvc repro evaluate` again")
        table = file.read(list(_COLUMNS))
    except pa.ArrowException as error:
        raise UserError(f"{where} is no table of predictions ({error}): run `dvc repro evaluate` again") from None
    rows = Rows(*(table.column(name).to_pylist() for name in _COLUMNS))
    for name, *lists in zip(rows.ids, rows.words, rows.gold, rows.predicted, strict=True):
        if not (isinstance(name, str) and all(map(_is_texts, lists))) or len(set(map(len, lists))) != 1:
            raise UserError(
                f"{where}, row {name}: expected an id, words, and as many gold and predicted labels, all of them text"
            )
    return rows


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def _object(content: bytes | None, where: str) -> dict[str, Any]:
    """An object of objects, one a split; empty where there is no file."""
    try:
        value = {} if content is None else json.loads(content)
    except ValueError as error:
        raise UserError(f"{where} is damaged ({error})") from None
    if not isinstance(value, dict) or not all(isinstance(of_split, dict) for of_split in value.values()):
        raise UserError(f"{where} is damaged (expected an object of objects, one a split)")
    return value
