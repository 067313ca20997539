"""What is written from the schemas' descriptions: comments of params, docs/reference.md, params.schema.json."""

import json
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import create_model
from pydantic.fields import FieldInfo
from ruamel.yaml.comments import CommentedMap

from tagline.core.params import Section, read_text, sections_in
from tagline.project.sections import SECTIONS
from tagline.project.yaml_files import as_dvc_writes

# A mapping has the keys of the schema that one of these keys chooses.
DISCRIMINATORS = ("source", "format")
# The sections as fields of a schema.
FIELDS = {name: FieldInfo(annotation=section) for name, section in SECTIONS.items()}
SCHEMA = Path("params.schema.json")
REFERENCE = Path("docs/reference.md")
# Below this line, `REFERENCE` is written from the schemas.
_KEYS = "<!-- written by `tagline schema` -->\n"
_WIDTH = 120


def commented(
    values: Mapping[Any, Any], fields: Mapping[str, FieldInfo], is_whole: bool = False, indent: str = ""
) -> Iterator[str]:
    """Yield the lines of a mapping, with a comment above each key: its description, or the first sentence."""
    for key, value in values.items():
        field = fields.get(key)
        comment = "" if field is None else _description(field, is_whole)
        for line in textwrap.wrap(comment, _WIDTH - len(f"{indent}# "), break_on_hyphens=False):
            yield f"{indent}# {line}"
        nested = isinstance(value, dict) and value
        entry = as_dvc_writes(CommentedMap({key: None if nested else value}))
        yield textwrap.indent(entry, indent).removesuffix("\n")
        if nested:
            yield from commented(value, _fields(field and field.annotation, value), is_whole, f"{indent}  ")


def text_of_sections(values: Mapping[str, Any], is_whole: bool = False) -> str:
    return "\n\n".join("\n".join(commented({name: value}, FIELDS, is_whole)) for name, value in values.items())


def reference_text() -> str:
    """Give the content of `REFERENCE`: each key with its default.

    The keys of data sets and encoders, which depend on the source, are in docs/data.md.
    """
    above, mark, _ = read_text(REFERENCE).partition(_KEYS)
    lines = (line for name, section in SECTIONS.items() for line in _listed(section, name))
    return "\n".join([f"{above}{mark}```", *lines, "```\n"])


def schema_text() -> str:
    fields: Any = {name: (section, ...) for name, section in SECTIONS.items()}
    schema = create_model("Params", __base__=Section, **fields).model_json_schema()
    for definition in (schema, *schema["$defs"].values()):
        definition.pop("description", None)  # a docstring, which is for programmers
    content = json.loads(json.dumps(schema), object_hook=_for_presets)
    content["$comment"] = "Written by `tagline schema`."
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _fields(annotation: Any, values: Mapping[str, Any]) -> dict[str, FieldInfo]:
    """Return the fields of a mapping by the type of its own field: of alternatives, those that its values choose."""
    for schema in sections_in(annotation):
        fields = schema.model_fields
        decisive = [key for key in DISCRIMINATORS if key in fields]
        if all(values.get(key) in get_args(fields[key].annotation) for key in decisive):
            return fields
    return {}


def _description(field: FieldInfo, is_whole: bool = False) -> str:
    """The description of a key, or its first sentence without the period."""
    text = " ".join((field.description or "").split())
    return text if is_whole else text.partition(". ")[0].removesuffix(".")


def _listed(section: type[Section], above: str) -> Iterator[str]:
    for key, field in section.model_fields.items():
        name = f"{above}.{key}"
        if field.annotation in sections_in(field.annotation):
            yield from _listed(field.annotation, name)
        elif field.description:
            if field.is_required():
                yield name
            else:
                yield as_dvc_writes(CommentedMap({name: field.get_default(call_default_factory=True)})).strip()


def _for_presets(node: dict[str, Any]) -> dict[str, Any]:
    """Adapt an object of a schema: a preset may leave out any key."""
    for entry in ("required", "title"):
        if not isinstance(node.get(entry), dict):  # which would be a param of this name
            node.pop(entry, None)
    if "oneOf" in node:
        node["anyOf"] = node.pop("oneOf")
    return node
