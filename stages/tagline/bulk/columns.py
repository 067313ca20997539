"""Columns: those of the input with types that hold for all files, and those that tagging adds."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tagline.bulk.rows import Column
from tagline.core.errors import UserError

TEXT, WORDS = "text", "words"
TEXT_SCHEMA = pa.schema([(TEXT, pa.string())])

POSITION = pa.schema([("input_file", pa.string()), ("input_row", pa.int64())])
PROBLEM = "tagging_error"
_ENTITY = pa.struct(
    [
        ("type", pa.string()),
        ("text", pa.string()),
        ("start", pa.int64()),
        ("end", pa.int64()),
        ("score", pa.float64()),
    ]
)
_FOR_WORDS = pa.schema([("labels", pa.list_(pa.string())), ("scores", pa.list_(pa.float64()))])
_FOR_ALL = pa.schema([("entities", pa.list_(_ENTITY)), (PROBLEM, pa.string())])

# Rows whose types are inferred together.
_CHUNK = 1000


class Inference:
    """Infers columns from JSON objects: a key whose values are of several types becomes a column of text."""

    def __init__(self) -> None:
        self._rows: list[dict[str, Any]] = []
        self._schema = pa.schema([])

    def add(self, row: dict[str, Any]) -> None:
        self._rows.append(row)
        if len(self._rows) == _CHUNK:
            self._infer()

    def schema(self) -> pa.Schema:
        """Return the columns of all rows so far."""
        self._infer()
        return self._schema

    def _infer(self) -> None:
        names = dict.fromkeys(name for row in self._rows for name in row)
        fields = [(name, _type_of([row.get(name) for row in self._rows])) for name in names]
        self._schema = merge_json([self._schema, pa.schema(fields)])
        self._rows = []


def merge_json(schemas: Sequence[pa.Schema]) -> pa.Schema:
    """Merge the columns of JSON files; those of types that do not fit together become text."""
    merged = []
    for name in _names(schemas):
        try:
            merged.append((name, _merged_type(name, schemas)))
        except (pa.ArrowInvalid, TypeError):
            merged.append((name, pa.string()))
    return pa.schema(merged)


def merge_parquet(schemas: Sequence[pa.Schema], urls: Sequence[str]) -> pa.Schema:
    """Merge the columns of Parquet files; a column that a file lacks is null there.

    Raises:
        UserError: a column has types that do not fit together.
    """
    merged = schemas[0]
    for schema, url in zip(schemas[1:], urls[1:], strict=True):
        try:
            merged = pa.unify_schemas([merged, schema], promote_options="permissive")
        except (pa.ArrowInvalid, TypeError) as error:
            raise UserError(
                f"{url}: its columns do not fit those of the files before it ({error}); expected one type per column; "
                "label these files into their own folder"
            ) from None
    return merged


def choose(schema: pa.Schema, text: str | None, words: str | None, source: str) -> Column:
    """Choose the column to label.

    Args:
        schema: the columns of the input.
        text: name of a column of raw text, if given.
        words: name of a column of lists of words, if given.
        source: the name of the input in messages.

    Raises:
        UserError: there is no such column, or the choice is not clear.
    """
    columns = ", ".join(schema.names) or "none"
    given = text or words
    if given is None:
        candidates = [name for name in (TEXT, WORDS) if name in schema.names]
        if len(candidates) != 1:
            found = "both 'text' and 'words'" if candidates else "neither 'text' nor 'words'"
            raise UserError(
                f"{source}: {found} among the columns ({columns}); expected one of them; choose by --text COLUMN or "
                "--words COLUMN"
            )
        return Column(candidates[0], candidates[0] == WORDS)
    if schema.names.count(given) != 1:
        raise UserError(f"{source}: no column {given!r} (columns: {columns}); choose one of these")
    return Column(given, words is not None)


def check_parquet(schema: pa.Schema, column: Column, source: str) -> None:
    """Check the type of the column to label, which in Parquet all rows share.

    Raises:
        UserError: it is neither strings nor, for words, lists of strings.
    """
    kind = schema.field(column.name).type
    is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    strings = kind.value_type if column.is_words and is_list else kind
    if pa.types.is_dictionary(strings):
        strings = strings.value_type
    is_text = pa.types.is_string(strings) or pa.types.is_large_string(strings) or pa.types.is_string_view(strings)
    if (is_text and column.is_words == is_list) or pa.types.is_null(kind):
        return
    expected = "lists of strings; --text COLUMN is for raw text" if column.is_words else "strings; --words is for lists"
    raise UserError(f"{source}: the column {column.name!r} is of type {kind}; expected {expected}")


def with_answers(schema: pa.Schema, column: Column, source: str) -> pa.Schema:
    """Add the columns of the output to those of the input.

    Raises:
        UserError: the input has a column of such a name.
    """
    added = answers(column)
    for name in schema.names:
        if name in POSITION.names or name in added.names:
            raise UserError(
                f"{source}: the input has a column {name!r}, which tagging adds; expected another name; rename it, or "
                "label the original input"
            )
    return pa.schema([*POSITION, *schema, *added])


def answers(column: Column) -> pa.Schema:
    """Return the columns that tagging adds after those of the input."""
    return pa.schema([*(_FOR_WORDS if column.is_words else ()), *_FOR_ALL])


def to_table(rows: Iterable[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    """Make a table of JSON objects; in a column of text, other values than strings are written as JSON."""
    rows = list(rows)
    arrays = []
    for field in schema:
        values = [row.get(field.name) for row in rows]
        if pa.types.is_string(field.type):
            values = [value if value is None or isinstance(value, str) else _json(value) for value in values]
        arrays.append(pa.array(values, field.type))
    return pa.Table.from_arrays(arrays, schema=schema)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _names(schemas: Sequence[pa.Schema]) -> list[str]:
    return list(dict.fromkeys(name for schema in schemas for name in schema.names))


def _merged_type(name: str, schemas: Sequence[pa.Schema]) -> pa.DataType:
    only = [pa.schema([schema.field(name)]) for schema in schemas if name in schema.names]
    if not only:
        return pa.null()
    return pa.unify_schemas(only, promote_options="permissive").field(0).type


def _type_of(values: list[Any]) -> pa.DataType:
    """Return the Arrow type of JSON values, or that of text if they have no common one that Parquet can store."""
    try:
        kind = pa.array(values).type  # not `pa.infer_type`, which does not look at all values
        pq.ParquetWriter(io.BytesIO(), pa.schema([("value", kind)])).close()  # refuses objects without keys
    except (pa.ArrowException, OverflowError, TypeError):
        return pa.string()
    return kind
