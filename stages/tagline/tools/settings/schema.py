"""JSON Schemas of params.yaml and of the presets, by which editors complete, explain and check their keys.

Types and ranges come from the sections' schemas, descriptions from the comments of the presets. Rules that span keys
are left to ``stages/check.py``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any

from pydantic import create_model
from ruamel.yaml.comments import CommentedMap

from tagline.core.params import Section
from tagline.tools.settings.checks import SECTIONS
from tagline.tools.settings.preset_files import SCHEMA, Entry, Keys, Preset, read
from tagline.tools.settings.presets import BASE, DISCRIMINATORS, PRESETS, path_of

# The schema of params.yaml, and that of a preset, in which every key may be missing. They have one name, so that
# the line that refers to it is the same in all files.
COMPLETE, PARTIAL = Path(SCHEMA), PRESETS / SCHEMA
# The presets whose comments describe the keys; later ones add keys that earlier ones do not have.
DESCRIBED_BY = (BASE, "conll2003")

# A JSON Schema, or part of one.
Schema = dict[str, Any]


def build(complete: bool) -> Schema:
    """Build the schema of params.yaml, or of a preset.

    Args:
        complete: whether keys without a default are required.

    Raises:
        UserError: one of the presets that describe the keys is malformed.
    """
    fields: Any = {name: (section, ...) for name, section in SECTIONS.items()}
    whole = create_model("Params", __base__=Section, **fields).model_json_schema()
    definitions = whole.pop("$defs")
    for definition in (whole, *definitions.values()):
        definition.pop("description", None)  # a docstring, which is for programmers
    schema = _inlined(whole, definitions, complete)
    for name in DESCRIBED_BY:
        _describe(schema, read(path_of(name)))
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$comment": "Written by `python stages/schema.py`.",
        **schema,
    }


def text(path: Path) -> str:
    """Give the content of `COMPLETE` or `PARTIAL`."""
    return json.dumps(build(path == COMPLETE), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def write() -> None:
    """Write both schemas."""
    for path in (COMPLETE, PARTIAL):
        path.write_text(text(path), encoding="utf-8", newline="\n")


def _inlined(node: Schema, definitions: dict[str, Schema], complete: bool) -> Schema:
    """Replace references by what they refer to, since one definition has different descriptions in different places."""
    node = _resolved(node, definitions)
    for key in ("title", *([] if complete else ["required"])):
        node.pop(key, None)
    for key in ("items", "additionalProperties"):
        if isinstance(node.get(key), dict):
            node[key] = _inlined(node[key], definitions, complete)
    if "properties" in node:
        node["properties"] = {key: _inlined(value, definitions, complete) for key, value in node["properties"].items()}
    if "anyOf" in node:
        node |= _nullable([_inlined(branch, definitions, complete) for branch in node.pop("anyOf")])
    if "discriminator" in node:
        name = node.pop("discriminator")["propertyName"]
        branches = {_value(branch, name, definitions): branch for branch in node.pop("oneOf")}
        node |= _choice(name, {value: _inlined(branch, definitions, complete) for value, branch in branches.items()})
        if complete:
            node["required"] = [name]
    return node


def _resolved(node: Schema, definitions: dict[str, Schema]) -> Schema:
    node = dict(node)
    if reference := node.pop("$ref", None):
        node |= definitions[reference.rpartition("/")[2]]
    return node


def _value(branch: Schema, name: str, definitions: dict[str, Schema]) -> str:
    """Find the value of a discriminator by which an alternative is chosen; in a union, all members have the same."""
    node = _resolved(branch, definitions)
    if "oneOf" in node:
        return _value(node["oneOf"][0], name, definitions)
    value: str = node["properties"][name]["const"]
    return value


def _choice(name: str, branches: dict[str, Schema]) -> Schema:
    """Write a union with a discriminator as conditions: messages of editors are then about the chosen alternative."""
    return {
        "type": "object",
        "properties": {name: {"enum": list(branches)}},
        "allOf": [
            {"if": {"properties": {name: {"const": value}}, "required": [name]}, "then": branch}
            for value, branch in branches.items()
        ],
    }


def _nullable(branches: list[Schema]) -> Schema:
    """Join a type and null.

    Raises:
        ValueError: the union is another one, for which editors have no good messages.
    """
    null: Schema = {"type": "null"}
    if len(branches) != 2 or null not in branches:
        raise ValueError(f"a union of {branches}: expected a discriminator, or null as the second type")
    (value,) = (branch for branch in branches if branch != null)
    return {**value, "type": [value["type"], "null"], **({"enum": [*value["enum"], None]} if "enum" in value else {})}


def _describe(schema: Schema, preset: Preset, keys: Keys = ()) -> None:
    """Add the comments of a mapping's keys to the schema that describes it, where that has no description yet."""
    above = ""
    entries = preset.children(keys)
    for key, entry in entries.items():
        nested = isinstance(entry.value, CommentedMap)
        # A comment describes the plain keys that directly follow its key, too.
        inherited = "" if nested or entry.blank or entry.comments else above
        comment = _paragraph(entry) or inherited
        for branch in _branches(schema, entries):
            field = branch["properties"].get(key, {"description": ""})
            if comment and "description" not in field:
                branch["properties"][key] = field = {"description": comment, **field}
            if nested and "properties" in field:
                _describe(field, preset, (*keys, key))
        # The comment of a key that decides which other keys there are is about it alone.
        above = "" if nested or key in DISCRIMINATORS else comment


def _paragraph(entry: Entry) -> str:
    """Give the comment lines directly above a key as one line."""
    lines = takewhile(str.strip, (line.text for line in reversed(entry.comments)))
    return " ".join(line.strip().removeprefix("#").strip() for line in reversed(list(lines)))


def _branches(schema: Schema, entries: dict[str, Entry]) -> Iterator[Schema]:
    """Find the schema of a mapping, and those of its alternatives that have the source of these keys."""
    source = DISCRIMINATORS[0]
    allowed = schema["properties"].get(source, {})
    if source in entries and allowed.get("const", entries[source].value) != entries[source].value:
        return
    yield schema
    for condition in schema.get("allOf", []):
        yield from _branches(condition["then"], entries)
