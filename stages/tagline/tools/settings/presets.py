"""Presets: a complete params.yaml from presets/sample.yaml and the keys that another preset changes.

The facts of the sample in ``export.card`` are not those of other data: a preset with its own data set begins without.

Each key gets the description in its schema as a comment, unless the preset has one of its own above the key.
"""

import textwrap
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import takewhile
from pathlib import Path
from typing import Any, NamedTuple, get_args

from pydantic.fields import FieldInfo
from ruamel.yaml.comments import CommentedMap

from tagline.core.params import PARAMS, find, list_errors, parse, plain, read_file, sections_in
from tagline.terminal import UserError
from tagline.tools.settings.sections import SCHEMA, SECTIONS, params_errors
from tagline.tools.settings.yaml_files import as_dvc_writes, is_committed, text_for_folder, text_of, write_text

PRESETS = Path("presets")
BASE = "sample"
# A mapping is replaced as a whole if one of these keys changes, since its other keys depend on them.
DISCRIMINATORS = ("source", "format")
# Tells editors which schema a file has.
_SCHEMA_IS = "# yaml-language-server: $schema="
MODELINE = f"{_SCHEMA_IS}{SCHEMA}"
_INTRODUCTION = """
# All settings of the pipeline, one section per stage. A stage reruns when a key that it reads changes.
# `tagline preset` lists other sets of values; with a name, it writes one of them here.
"""
_WIDTH = 120

# The sections as fields of a schema.
FIELDS = {name: FieldInfo(annotation=section) for name, section in SECTIONS.items()}

Keys = tuple[Any, ...]
"""The path of a key, such as ("train", "batches", "order")."""


class Preset(NamedTuple):
    """A preset file: its first paragraph of comments, its values, and the comment lines above its keys."""

    path: Path
    description: list[str]
    content: CommentedMap
    comments: dict[Keys, list[str]]


def folder() -> Path:
    """Return the path of presets/ from the repository's root, or from a pipeline folder in it."""
    return next((path for path in (PRESETS, ".." / PRESETS) if path.is_dir()), PRESETS)


def path_of(name: str) -> Path:
    """Return the file of a preset."""
    return folder() / f"{name}.yaml"


def names() -> list[str]:
    """List the presets.

    Raises:
        UserError: there are none.
    """
    presets = sorted(path.stem for path in folder().glob("*.yaml"))
    if BASE not in presets:
        raise UserError(f"{path_of(BASE)} is missing; run this in the repository's root or a pipeline folder")
    return presets


def listed(names: list[str]) -> Iterator[str]:
    """Yield a line for each preset, with the first line of its description."""
    width = max(map(len, names))
    for name in names:
        first = next(iter(read(name).description), "")
        yield f"{name:{width}}  {first.lstrip('# ')}".rstrip()


def read(name: str) -> Preset:
    """Read a preset.

    Raises:
        UserError: it is not a YAML mapping.
    """
    path = path_of(name)
    content = read_file(path)
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    top = list(takewhile(_is_comment, lines))
    description = [line for line in top if not line.startswith(_SCHEMA_IS)]
    lines[: len(top)] = [""] * len(top)
    return Preset(path, description, content, _comments(content, lines))


def build(name: str) -> str:
    """Return the complete params of a preset for the current folder, in the form that DVC writes.

    Raises:
        UserError: lists all errors, each with its line in the preset or in presets/sample.yaml.
    """
    base, preset = read(BASE), read(name)
    whole = [MODELINE, *(preset.description or [f"# Preset {name}."]), _INTRODUCTION]
    values = plain(base.content)
    if name != BASE and "dataset" in preset.content.get("download", {}):
        values["export"]["card"] = dict.fromkeys(values["export"]["card"])
    for key, value in _merged(values, plain(preset.content)).items():
        whole += [*lines({key: value}, FIELDS, base.comments | preset.comments), ""]
    content = parse("\n".join(whole[:-1]), preset.path)
    errors = params_errors(content)
    if errors:
        shown = [_at_origin(error, preset, base) for error in errors]
        raise UserError(list_errors(shown, preset.path, f"{PARAMS} is unchanged"))
    return text_of(content) if folder() == PRESETS else text_for_folder(content)


def write(name: str, force: bool = False) -> None:
    """Write params.yaml from a preset, completely or not at all.

    Args:
        name: of the preset.
        force: overwrite params.yaml even if that loses changes.

    Raises:
        UserError: the preset has errors, or params.yaml has changes that are neither in Git nor in a preset.
    """
    text = build(name)
    if not force and PARAMS.exists() and not _is_recoverable():
        raise UserError(
            f"{PARAMS} has uncommitted changes; commit them, or overwrite them with `tagline preset --force {name}`"
        )
    write_text(PARAMS, text)


def described(annotation: Any, values: Mapping[str, Any]) -> dict[str, FieldInfo]:
    """Return the fields of a mapping by the type of its own field: of alternatives, those that its values choose."""
    for schema in sections_in(annotation):
        fields = schema.model_fields
        decisive = [key for key in DISCRIMINATORS if key in fields]
        if all(values.get(key) in get_args(fields[key].annotation) for key in decisive):
            return fields
    return {}


def lines(
    values: dict[Any, Any], fields: Mapping[str, FieldInfo], comments: Mapping[Keys, list[str]], above: Keys = ()
) -> Iterator[str]:
    """Yield the lines of a mapping, with a comment above each key.

    Args:
        values: the mapping.
        fields: its keys in its schema.
        comments: take the place of the descriptions of some keys.
        above: the path of the mapping.
    """
    indent = "  " * len(above)
    for key, value in values.items():
        keys = (*above, key)
        field = fields.get(key)
        for line in comments.get(keys) or _comment(field, _WIDTH - len(indent)):
            yield f"{indent}{line}"
        nested = isinstance(value, dict) and value
        entry = as_dvc_writes(CommentedMap({key: None if nested else value}))
        yield textwrap.indent(entry, indent).removesuffix("\n")
        if nested:
            yield from lines(value, described(field and field.annotation, value), comments, keys)


def _comment(field: FieldInfo | None, width: int) -> list[str]:
    """The description of a key as the lines of a comment."""
    text = (field and field.description) or ""
    return [f"# {line}" for line in textwrap.wrap(text, width - 2, break_on_hyphens=False)]


def _is_comment(line: str) -> bool:
    return line.startswith("#")


def _comments(content: CommentedMap, lines: list[str], above: Keys = ()) -> dict[Keys, list[str]]:
    """Find the comment lines directly above each key."""
    comments = {}
    for key, value in content.items():
        line, _ = find(content, [key])
        comment = list(takewhile(_is_comment, reversed(lines[:line])))
        if comment:
            comments[*above, key] = comment[::-1]
        if isinstance(value, CommentedMap):
            comments |= _comments(value, lines, (*above, key))
    return comments


def _merged(old: Any, new: Any) -> Any:
    """Merge two mappings key by key; other values, and mappings of another source or format, replace the old one."""
    if not (isinstance(old, dict) and isinstance(new, dict) and old and new):
        return new
    if any(key in new and new[key] != old.get(key) for key in DISCRIMINATORS):
        return new
    return {**old, **{key: _merged(old.get(key), value) for key, value in new.items()}}


def _at_origin(error: str, preset: Preset, base: Preset) -> str:
    """Replace the line of the merged file in a message by the line of the preset, or of the base, that it is about."""
    _, key, message = error.split(": ", 2)
    keys = key.split(".")
    line, depth = find(preset.content, keys)
    line_in_base, depth_in_base = find(base.content, keys)
    if depth_in_base > depth:
        return f"{base.path}:{line_in_base + 1}: {key}: {message}"
    return f"{preset.path}:{line + 1}: {key}: {message}"


def _is_recoverable() -> bool:
    """Whether params.yaml equals the last commit or a preset."""
    if is_committed(PARAMS):
        return True
    for name in names():
        with suppress(UserError):  # params.yaml can't come from a preset with errors
            if build(name).encode() == PARAMS.read_bytes():
                return True
    return False
