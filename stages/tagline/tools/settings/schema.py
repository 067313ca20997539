"""The JSON Schema by which editors complete, explain and check params.yaml and the presets.

It is pydantic's own schema of the sections, in which a preset may leave out keys. Missing keys and rules across
sections are left to `params_errors`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import create_model

from tagline.core.params import Section
from tagline.tools.settings.sections import SECTIONS

SCHEMA = Path("params.schema.json")
# Entries that editors do not need, or that a preset does not obey.
_DROPPED = ("title", "required", "discriminator")


def schema_text() -> str:
    """Give the content of `SCHEMA`."""
    fields: Any = {name: (section, ...) for name, section in SECTIONS.items()}
    schema = create_model("Params", __base__=Section, **fields).model_json_schema()
    for definition in (schema, *schema["$defs"].values()):
        definition.pop("description", None)  # a docstring, which is for programmers
    content = {"$comment": "Written by `tagline schema`.", **_for_editors(schema)}
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _for_editors(node: Any, has_names: bool = False) -> Any:
    """Drop entries of a schema; the keys of some mappings in it are names of params, which all stay."""
    if isinstance(node, list):
        return [_for_editors(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        # Without the key that decides, as in a preset, several alternatives may apply.
        "anyOf" if key == "oneOf" else key: _for_editors(value, key in ("properties", "$defs") and not has_names)
        for key, value in node.items()
        if has_names or key not in _DROPPED
    }
