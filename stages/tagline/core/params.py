"""Reading params.yaml: a section against its schema, every fault of it in one message with its line."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarbool import ScalarBoolean

from tagline.core.errors import UserError

PARAMS = Path("params.yaml")


class Section(BaseModel):
    """A mapping of params.yaml: keys without a default are needed, others unknown, values of their type already."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


S = TypeVar("S", bound=Section)


def read_file(path: Path = PARAMS) -> CommentedMap:
    """Read the file as YAML 1.2, by the parser that DVC uses: both see the same values (``2e-5`` is a float).

    Raises:
        UserError: there is no such file, or it is not a YAML mapping, or a key stands twice.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(f"{path} is missing: run the stages from the repository's root") from None
    except ValueError as error:
        raise UserError(f"{path} is not YAML: {error}") from None
    return parse(text, path)


def parse(text: str, path: Path) -> CommentedMap:
    """Parse the text of a file as `read_file` does; the path is for messages."""
    try:
        content = YAML(typ="rt").load(text)
    except DuplicateKeyError as error:
        # All that it says shows both values, which may be whole sections.
        found = str(error.problem).partition(" with value ")[0]
        raise UserError(f"{path}:{error.problem_mark.line + 1}: {found}: expected each key once") from None
    except (YAMLError, ValueError, RecursionError) as error:
        raise UserError(f"{path} is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, CommentedMap):
        raise UserError(f"{path} must be a mapping with one section a stage")
    return content


def read_section(name: str, schema: type[S], path: Path = PARAMS) -> S:
    """Read one section and check all of it at once.

    Raises:
        UserError: names every key that is unknown, missing, of a wrong type or out of range, with its line.
    """
    content = read_file(path)
    found = faults(content, name, schema, path)
    if found:
        raise UserError("\n  ".join([f"{path} has {len(found)} fault{'s' * (len(found) > 1)}:", *found]))
    return validated(content, name, schema)


def validated(content: CommentedMap, name: str, schema: type[S]) -> S:
    """A section that has no faults, as its schema."""
    return schema.model_validate(_plain(content[name]))


def faults(content: CommentedMap, name: str, schema: type[Section], path: Path = PARAMS) -> list[str]:
    """The faults of one section, each as ``file:line: key: what is wrong``; an empty list when there are none."""
    if name not in content:
        return [f"{path}: {name}: the section is missing"]
    try:
        schema.model_validate(_plain(content[name]))
    except ValidationError as error:
        return [_describe(content, name, schema, detail, path) for detail in error.errors()]
    return []


def _describe(content: CommentedMap, name: str, schema: type[Section], detail: ErrorDetails, path: Path) -> str:
    keys, models = _resolve(schema, detail["loc"])
    if detail["type"].startswith("union_tag"):
        tag = detail["ctx"]["discriminator"].strip("'")
        keys.append(tag)
        allowed = [value for model in models for value in get_args(model.model_fields[tag].annotation)]
    else:
        _, owners = _resolve(schema, detail["loc"][:-1])
        allowed = sorted(key for model in owners for key in model.model_fields)
    node: Any = content
    line = 0
    for key in (name, *keys):
        if isinstance(node, CommentedMap) and key in node:
            line = line_of(node, key, line)
            node = node[key]
    return f"{path}:{line + 1}: {'.'.join((name, *map(str, keys)))}: {_message(detail, allowed)}"


def line_of(node: CommentedMap, key: Any, otherwise: int) -> int:
    """The line of a key, counted from 0; of one that a YAML merge (<<) brought, the line that is given."""
    positions: dict[Any, list[int]] = node.lc.data or {}
    return positions[key][0] if key in positions else otherwise


def _resolve(schema: type[Section], location: tuple[int | str, ...]) -> tuple[list[int | str], list[type[Section]]]:
    """The keys of a pydantic location without the tags of unions, and the schemas that may stand there."""
    models = [schema]
    keys: list[int | str] = []
    for key in location:
        if len(models) > 1:  # a discriminated union: this element is the tag that chose among them, not a key
            models = _tagged(models, key)
            continue
        keys.append(key)
        field = models[0].model_fields.get(str(key)) if models else None
        models = _sections(field.annotation) if field else []
    return keys, models


def _tagged(models: list[type[Section]], tag: int | str) -> list[type[Section]]:
    return [model for model in models if any(tag in get_args(f.annotation) for f in model.model_fields.values())]


def _sections(annotation: Any) -> list[type[Section]]:
    """The schemas that a field's type is made of, those of a union inside a union included."""
    if isinstance(annotation, type):
        return [annotation] if issubclass(annotation, Section) else []
    return [section for member in get_args(annotation) for section in _sections(member)]


def _message(detail: ErrorDetails, allowed: list[str]) -> str:
    match detail["type"]:
        case "extra_forbidden":
            close = difflib.get_close_matches(str(detail["loc"][-1]), allowed, n=1)
            return f"unknown key{f', did you mean {close[0]}?' if close else ''} (allowed: {', '.join(allowed)})"
        case "missing":
            return "the key is missing"
        case "union_tag_not_found":
            return f"the key is missing (one of {', '.join(dict.fromkeys(allowed))})"
        case "union_tag_invalid":
            return f"should be one of {detail['ctx']['expected_tags']}, got {detail['ctx']['tag']!r}"
        case _:
            text = detail["msg"].removeprefix("Value error, ").removeprefix("Input ")
            value = _plain(detail["input"])
            return text if isinstance(value, dict) else f"{text}, got {value!r}"


def _plain(value: Any) -> Any:
    """Round-trip values, which know their line, as the plain types that they stand for."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, ScalarBoolean):  # an int to Python
        return bool(value)
    for plain in (bool, int, float, str):
        if isinstance(value, plain):
            return plain(value)
    return value
