"""Columns: those of the input with types that hold for all files, and those that tagging adds."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import pyarrow as pa

from tagline.terminal import UserError

TEXT, WORDS = "text", "words"
POSITION = pa.schema([("input_file", pa.string()), ("input_row", pa.int64())])
PROBLEM = "tagging_error"
_ENTITY = {
    "type": pa.string(),
    "text": pa.string(),
    "start": pa.int64(),
    "end": pa.int64(),
    "score": pa.float64(),
    "accepted": pa.bool_(),  # null if the model promises no precision
}
_FOR_WORDS = pa.schema([("labels", pa.list_(pa.string())), ("scores", pa.list_(pa.float64()))])

_SCALARS = {
    type(None): pa.null(),
    bool: pa.bool_(),
    int: pa.int64(),
    float: pa.float64(),
}

Types = dict[str, pa.DataType]
"""The type of each column."""


class Column(NamedTuple):
    """The column to label: raw text, or lists of words."""

    name: str
    is_words: bool


def add_types(types: Types, row: Mapping[str, Any]) -> None:
    """Add a JSON object's types: a key whose values are of several types becomes a column of text."""
    for name, value in row.items():
        type_ = _type_of(value)
        types[name] = _common(types.get(name, type_), type_) or pa.string()


def merge(schemas: Iterable[tuple[str, pa.Schema]], exact: bool) -> pa.Schema:
    """Merge the columns of files; a column that a file lacks is null there.

    Args:
        schemas: name and columns of each file.
        exact: whether a column of several types is an error, or else becomes text.

    Raises:
        UserError: see ``exact``.
    """
    types: Types = {}
    for source, schema in schemas:
        for field in schema:
            earlier = types.get(field.name, field.type)
            if exact and _common(earlier, field.type) is None:
                raise UserError(
                    f"{source}: the column {field.name!r} is of type {field.type}, in the files before it of type "
                    f"{earlier}; expected one type per column; label these files into their own folder"
                )
            types[field.name] = _common(earlier, field.type) or pa.string()
    return pa.schema(types.items())


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
    name = text or words
    if name is not None:
        if schema.names.count(name) != 1:
            raise UserError(f"{source}: no column {name!r} (columns: {columns}); choose one of these")
        return Column(name, words is not None)
    has_words = WORDS in schema.names
    if has_words and TEXT in schema.names:
        raise UserError(
            f"{source}: both 'text' and 'words' among the columns ({columns}); "
            "expected one of them; choose by --text-column or --words-column"
        )
    if not has_words and TEXT not in schema.names:
        raise UserError(
            f"{source}: neither 'text' nor 'words' among the columns ({columns}); "
            "expected one of them; choose by --text-column or --words-column"
        )
    return Column(WORDS if has_words else TEXT, has_words)


def with_answers(schema: pa.Schema, column: Column, source: str, layers: bool = False) -> pa.Schema:
    """Add the columns of the output to those of the input.

    Args:
        schema: the columns of the input.
        column: what is labelled.
        source: the name of the input in messages.
        layers: whether entities have layers; if so, words have no labels, of which each layer has its own.

    Raises:
        UserError: the input has a column of such a name.
    """
    entity = dict(_ENTITY)
    if layers:
        entity["layer"] = pa.string()
    of_words = _FOR_WORDS if column.is_words and not layers else ()
    added = pa.schema([*of_words, ("entities", pa.list_(pa.struct(entity))), (PROBLEM, pa.string())])
    for name in schema.names:
        if name in POSITION.names or name in added.names:
            raise UserError(
                f"{source}: the input has a column {name!r}, which tagging adds; "
                "expected another name; rename it, or label the original input"
            )
    return pa.schema([*POSITION, *schema, *added])


def to_table(rows: Iterable[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    """Make a table of JSON objects; in a column of text, other values than strings are written as JSON."""
    texts = {field.name for field in schema if pa.types.is_string(field.type)}
    fitting = []
    for row in rows:
        values = dict(row)
        for name in texts & row.keys():
            if not isinstance(row[name], str | None):
                values[name] = json.dumps(row[name], ensure_ascii=False)
        fitting.append(values)
    return pa.Table.from_pylist(fitting, schema)


def _common(earlier: pa.DataType, later: pa.DataType) -> pa.DataType | None:
    """Return a type that keeps the values of two types as they are; None: there is none."""
    if later in (earlier, pa.null()):
        return earlier
    schemas = [pa.schema([("", earlier)]), pa.schema([("", later)])]
    try:
        type_ = pa.unify_schemas(schemas, promote_options="permissive").field(0).type
    except (pa.ArrowInvalid, TypeError):
        return None
    # 5 is not 5.0, and floating-point numbers have no room for each integer.
    is_exact = not pa.types.is_nested(later) and pa.types.is_floating(earlier) == pa.types.is_floating(later)
    return type_ if is_exact or earlier == pa.null() else None


def _type_of(value: Any) -> pa.DataType:
    """Return the type that keeps a JSON value as it is: text for objects, and for lists of other than strings."""
    if isinstance(value, list) and all(isinstance(item, str | None) for item in value):
        return pa.list_(pa.string())
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return pa.string()
    return _SCALARS.get(type(value), pa.string())
