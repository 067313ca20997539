"""Columns of `tagline bulk`: types that keep the values of all rows and files, and the choice of a column."""

from typing import Any

import pyarrow as pa
import pytest
from helpers.messages import message_of

from tagline.terminal.errors import UserError
from tagline.tools.bulk import columns
from tagline.tools.bulk.columns import Column, to_table


def inferred(*rows: dict[str, Any]) -> pa.Schema:
    types: columns.Types = {}
    for row in rows:
        columns.add_types(types, row)
    return pa.schema(types.items())


TYPES = [([None, 2.5], pa.float64()), ([True, None], pa.bool_()), ([None], pa.null())]
TYPES += [([[], ["x", None]], pa.list_(pa.string()))]
TYPES += [(values, pa.string()) for values in ([1, 2.5], [["x"], "x"], [[1]], [2**63], [{"a": 1}])]


@pytest.mark.parametrize(("values", "type_"), TYPES)
def test_types_of_json_keep_all_values(values: list[Any], type_: pa.DataType) -> None:
    assert inferred(*({"x": value} for value in values)) == pa.schema([("x", type_)])


def test_values_of_other_types_stay_as_they_are_in_text() -> None:
    values = ["a", [1, {"é": None}], None, 5, 1.5, 2**60 + 1, {}]
    rows: list[dict[str, Any]] = [{"x": value} for value in values] + [{}]
    text = ["a", '[1, {"é": null}]', None, "5", "1.5", "1152921504606846977", "{}", None]
    assert to_table(rows, inferred(*rows))["x"].to_pylist() == text


def test_columns_of_files_are_joined() -> None:
    schemas = [
        ("1", pa.schema([("a", pa.int32()), ("c", pa.null())])),
        ("2", pa.schema([("b", pa.string()), ("a", pa.int64()), ("c", pa.list_(pa.int64()))])),
        ("3", pa.schema([("b", pa.null()), ("c", pa.list_(pa.int64()))])),
    ]
    merged = pa.schema([("a", pa.int64()), ("c", pa.list_(pa.int64())), ("b", pa.string())])
    assert columns.merge(schemas, exact=True) == columns.merge(schemas, exact=False) == merged


def test_types_that_do_not_fit_are_an_error_in_parquet_and_text_in_json() -> None:
    schemas = [("1", pa.schema([("a", pa.int32())])), ("2", pa.schema([("a", pa.float64())]))]
    message = "2: the column 'a' is of type double, in the files before it of type int32; expected one type per column"
    assert message_of(columns.merge, schemas, exact=True).startswith(message)
    assert columns.merge(schemas, exact=False) == pa.schema([("a", pa.string())])


CHOICES = [
    ("id text", None, Column("text", False)),
    ("id words", None, Column("words", True)),
    ("text words", "text", Column("text", False)),
    ("text words", None, r"^in: both 'text' and 'words' among the columns \(text, words\); expected one of them;"),
    ("id", None, r"^in: neither 'text' nor 'words' among the columns \(id\); .* --text-column or --words-column$"),
    ("id", "body", r"^in: no column 'body' \(columns: id\); choose one of these$"),
    ("text entities", None, "^in: the input has a column 'entities', which tagging adds; expected another name"),
]


@pytest.mark.parametrize(("names", "text", "chosen"), CHOICES)
def test_column_to_label_is_chosen_or_an_error(names: str, text: str | None, chosen: Column | str) -> None:
    schema = pa.schema([(name, pa.string()) for name in names.split()])
    if isinstance(chosen, Column):
        assert columns.choose(schema, text, None, "in") == chosen
        return
    with pytest.raises(UserError, match=chosen):
        columns.with_answers(schema, columns.choose(schema, text, None, "in"), "in")
