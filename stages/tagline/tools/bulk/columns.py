"""Columns: those of the input with types that hold for all files, and those that tagging adds."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import pyarrow as pa

from tagline.terminal.errors import UserError

TEXT, WORDS = "text", "words"
POSITION = pa.schema([("input_file", pa.string()), ("input_row", pa.int64())])
PROBLEM = "tagging_error"
_ENTITY = (
    {"type": pa.string(), "text": pa.string(), "start": pa.int64(), "end": pa.int64(), "score": pa.float64()}
    | {"accepted": pa.bool_()}  # null if the model promises no precision
)
_FOR_WORDS = pa.schema([("labels", pa.list_(pa.string())), ("scores", pa.list_(pa.float64()))])

_SCALARS = {type(None): pa.null(), bool: pa.bool_(), int: pa.int64(), float: pa.float64()}

Types = dict[str, pa.DataType]
"""The type of each column."""


class Column(NamedTuple):
    """The column to label: raw text, or lists of words."""

    name: str
    is_words: bool


def add_types(types: Types, row: Mapping[str, Any]) -> None:
    """Add a JSON object's types: a key whose values are of several types becomes a column of text."""
    for name, value in row.items():
        found = _type_of(value)
        types[name] = _common(types.get(name, found), found) or pa.string()


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
            known = types.get(field.name, field.type)
            if exact and _common(known, field.type) is None:
                found = f"the column {field.name!r} is of type {field.type}, in the files before it of type {known}"
                remedy = "expected one type per column; label these files into their own folder"
                raise UserError(f"{source}: {found}; {remedy}")
            types[field.name] = _common(known, field.type) or pa.string()
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
    given = text or words
    if given is None:
        candidates = [name for name in (TEXT, WORDS) if name in schema.names]
        if len(candidates) != 1:
            found = "both 'text' and 'words'" if candidates else "neither 'text' nor 'words'"
            remedy = "expected one of them; choose by --text COLUMN or --words COLUMN"
            raise UserError(f"{source}: {found} among the columns ({columns}); {remedy}")
        return Column(candidates[0], candidates[0] == WORDS)
    if schema.names.count(given) != 1:
        raise UserError(f"{source}: no column {given!r} (columns: {columns}); choose one of these")
    return Column(given, words is not None)


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
    entity = pa.struct(_ENTITY | ({"layer": pa.string()} if layers else {}))
    of_words = _FOR_WORDS if column.is_words and not layers else ()
    added = pa.schema([*of_words, ("entities", pa.list_(entity)), (PROBLEM, pa.string())])
    for name in schema.names:
        if name in POSITION.names or name in added.names:
            remedy = "expected another name; rename it, or label the original input"
            raise UserError(f"{source}: the input has a column {name!r}, which tagging adds; {remedy}")
    return pa.schema([*POSITION, *schema, *added])


def to_table(rows: Iterable[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    """Make a table of JSON objects; in a column of text, other values than strings are written as JSON."""
    texts = {field.name for field in schema if pa.types.is_string(field.type)}

    def fitting(name: str, value: Any) -> Any:
        is_other = name in texts and not isinstance(value, str | None)
        return json.dumps(value, ensure_ascii=False) if is_other else value

    return pa.Table.from_pylist([{name: fitting(name, row[name]) for name in row} for row in rows], schema)


def _common(known: pa.DataType, found: pa.DataType) -> pa.DataType | None:
    """Return a type that keeps the values of two types as they are; None: there is none."""
    if found in (known, pa.null()):
        return known
    schemas = [pa.schema([("", kind)]) for kind in (known, found)]
    try:
        kind = pa.unify_schemas(schemas, promote_options="permissive").field(0).type
    except (pa.ArrowInvalid, TypeError):
        return None
    # 5 is not 5.0, and floating-point numbers have no room for each integer.
    exact = not pa.types.is_nested(found) and pa.types.is_floating(known) == pa.types.is_floating(found)
    return kind if exact or known == pa.null() else None


def _type_of(value: Any) -> pa.DataType:
    """Return the type that keeps a JSON value as it is: text for objects, and for lists of other than strings."""
    if isinstance(value, list) and all(isinstance(each, str | None) for each in value):
        return pa.list_(pa.string())
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return pa.string()
    return _SCALARS.get(type(value), pa.string())
