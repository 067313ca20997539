"""Columns of bulk.py: types that hold for all rows and files, the choice of a column, and its check."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from tagline.bulk import columns
from tagline.bulk.columns import Inference, to_table
from tagline.bulk.rows import Column
from tagline.core.errors import UserError


def inferred(*rows: dict[str, Any]) -> pa.Schema:
    inference = Inference()
    for row in rows:
        inference.add(row)
    return inference.schema()


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, None], pa.int64()),
        ([1, 2.5], pa.float64()),
        ([{"a": 1}, {"b": "x"}], pa.struct([("a", pa.int64()), ("b", pa.string())])),
        ([[], ["x"]], pa.list_(pa.string())),
        ([1, "x"], pa.string()),
        ([True, 1], pa.string()),
        ([[1], ["x"]], pa.string()),
        ([2**70], pa.string()),
        ([{}], pa.string()),
    ],
)
def test_types_of_json(values: list[Any], kind: pa.DataType) -> None:
    assert inferred(*({"x": value} for value in values)) == pa.schema([("x", kind)])


def test_what_comes_late_counts_too() -> None:
    rows = [{"a": 1}] * 1500 + [{"a": "x", "b": None}] * 1500 + [{"b": 1.5}]
    assert inferred(*rows) == pa.schema([("a", pa.string()), ("b", pa.float64())])


def test_values_of_several_types_become_text() -> None:
    rows: list[dict[str, Any]] = [{"x": "a"}, {"x": [1, {"é": None}]}, {"x": None}, {}]
    assert to_table(rows, inferred(*rows))["x"].to_pylist() == ["a", '[1, {"é": null}]', None, None]


def test_columns_of_parquet_files_are_joined() -> None:
    first, second = pa.schema([("a", pa.int32())]), pa.schema([("b", pa.string()), ("a", pa.int64())])
    merged = pa.schema([("a", pa.int64()), ("b", pa.string())])
    assert columns.merge_parquet([first, second], ["1.parquet", "2.parquet"]) == merged


def test_types_that_do_not_fit_are_an_error() -> None:
    schemas = [pa.schema([("a", pa.int32())]), pa.schema([]), pa.schema([("a", pa.string())])]
    message = (
        r"^3: its columns do not fit those of the files before it \(.*Field a .*int32 vs string\); expected one type"
    )
    with pytest.raises(UserError, match=message):
        columns.merge_parquet(schemas, ["1", "2", "3"])


@pytest.mark.parametrize(
    ("names", "text", "words", "chosen"),
    [
        ("id text", None, None, Column("text", False)),
        ("id words", None, None, Column("words", True)),
        ("text words", "text", None, Column("text", False)),
        ("text words", None, "words", Column("words", True)),
        ("body", "body", None, Column("body", False)),
    ],
)
def test_the_column_to_label(names: str, text: str | None, words: str | None, chosen: Column) -> None:
    schema = pa.schema([(name, pa.string()) for name in names.split()])
    assert columns.choose(schema, text, words, "in") == chosen


@pytest.mark.parametrize(
    ("names", "text", "message"),
    [
        ("text words", None, r"^in: both 'text' and 'words' among the columns \(text, words\); expected one of them;"),
        ("id", None, r"^in: neither 'text' nor 'words' among the columns \(id\); .* --text COLUMN or --words COLUMN$"),
        ("id", "body", r"^in: no column 'body' \(columns: id\); choose one of these$"),
    ],
)
def test_no_clear_column_is_an_error(names: str, text: str | None, message: str) -> None:
    with pytest.raises(UserError, match=message):
        columns.choose(pa.schema([(name, pa.string()) for name in names.split()]), text, None, "in")


WORDS = [pa.list_(pa.string()), pa.large_list(pa.large_string()), pa.list_(pa.string(), 2)]
TEXTS = [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string()), pa.null()]


@pytest.mark.parametrize("kind", [*TEXTS, *WORDS, pa.int64(), pa.list_(pa.int64())], ids=str)
@pytest.mark.parametrize("of_words", [False, True])
def test_the_type_of_the_column_is_checked(kind: pa.DataType, of_words: bool) -> None:
    schema, column = pa.schema([("x", kind)]), Column("x", of_words)
    if kind in (WORDS if of_words else TEXTS) or kind == pa.null():
        columns.check_parquet(schema, column, "in")
        return
    expected = "lists of strings" if of_words else "strings"
    with pytest.raises(UserError, match=f"^in: the column 'x' is of type .*; expected {expected}; --"):
        columns.check_parquet(schema, column, "in")


@pytest.mark.parametrize("name", ["entities", "input_row", "tagging_error", "labels"])
def test_columns_that_are_added_must_be_new(name: str) -> None:
    schema = pa.schema([("words", pa.string()), (name, pa.string())])
    with pytest.raises(UserError, match=f"^in: the input has a column '{name}', which tagging adds; expected another"):
        columns.with_answers(schema, Column("words", True), "in")
