"""Validation by a JSON Schema, as far as the schemas of params.yaml go; other keywords are an error."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "null": (type(None),),
}
# Keyword to whether a value obeys it.
CHECKS: dict[str, Callable[[Any, Any], bool]] = {
    "const": lambda value, limit: value == limit,
    "enum": lambda value, limit: value in limit,
    "pattern": lambda value, limit: re.search(limit, value) is not None,
    "minLength": lambda value, limit: len(value) >= limit,
    "maxLength": lambda value, limit: len(value) <= limit,
    "minProperties": lambda value, limit: len(value) >= limit,
    "minimum": lambda value, limit: value >= limit,
    "maximum": lambda value, limit: value <= limit,
    "exclusiveMinimum": lambda value, limit: value > limit,
    "exclusiveMaximum": lambda value, limit: value < limit,
    "propertyNames": lambda value, limit: not any(list(errors(key, limit)) for key in value),
}
ANNOTATIONS = {"$schema", "$comment", "description", "default"}
APPLIED = {"type", "required", "properties", "additionalProperties", "items", "allOf", "if", "then"}


def errors(value: Any, schema: Any, path: str = "") -> Iterator[str]:
    """The errors of a value, each as ``path: keyword``."""
    if schema is False:
        yield f"{path}: unknown key"
    if isinstance(schema, bool):
        return
    assert set(schema) <= {*CHECKS, *ANNOTATIONS, *APPLIED}
    types = schema.get("type", [])
    allowed = tuple(each for name in ([types] if isinstance(types, str) else types) for each in TYPES[name])
    if allowed and (not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed)):
        yield f"{path}: type"
        return
    if value is not None:
        yield from (
            f"{path}: {key}" for key in sorted(set(CHECKS) & set(schema)) if not CHECKS[key](value, schema[key])
        )
    if isinstance(value, dict):
        yield from (f"{path}: {key} is missing" for key in schema.get("required", []) if key not in value)
        properties, others = schema.get("properties", {}), schema.get("additionalProperties", True)
        for key, item in value.items():
            yield from errors(item, properties.get(key, others), f"{path}.{key}".lstrip("."))
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from errors(item, schema.get("items", True), f"{path}[{index}]")
    for each in schema.get("allOf", []):
        yield from errors(value, each, path)
    if "if" in schema and not list(errors(value, schema["if"])):
        yield from errors(value, schema["then"], path)
