"""Presets: a complete params.yaml from presets/sample.yaml and the keys that another preset changes.

Files are merged line by line, so that comments stay with their keys and errors name the line of the preset.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml.comments import CommentedMap

from tagline.core.errors import UserError
from tagline.core.params import PARAMS, line_of, list_errors, parse
from tagline.tools.settings.checks import params_errors
from tagline.tools.settings.preset_files import MODELINE, Keys, Line, Preset, read
from tagline.tools.settings.yaml_files import is_committed, text_for_folder, text_of, write_text

PRESETS = Path("presets")
BASE = "sample"
# A mapping is replaced as a whole if one of these keys changes, since its other keys depend on them.
DISCRIMINATORS = ("source", "format")


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
    found = sorted(path.stem for path in folder().glob("*.yaml"))
    if BASE not in found:
        raise UserError(f"{path_of(BASE)} is missing; run this script from the repository's root or a pipeline folder")
    return found


def build(name: str) -> str:
    """Return the complete params of a preset for the current folder, in the form that DVC writes.

    Raises:
        UserError: lists all errors, each with its line in the preset or in presets/sample.yaml.
    """
    base, preset = read(path_of(BASE)), read(path_of(name))
    description = preset.description or [Line(f"# Preset {name}.", preset.path, 1)]
    lines = [Line(MODELINE, preset.path, 1), *description, *_merge(base, preset, base.content, preset.content)]
    content = parse("".join(f"{line.text}\n" for line in lines), preset.path)
    if errors := [_at_origin(error, lines) for error in params_errors(content)]:
        raise UserError(list_errors(errors, preset.path, f"{PARAMS} is unchanged"))
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
            f"{PARAMS} has uncommitted changes; commit them, or overwrite them with "
            f"`python {(folder().parent / 'stages/preset.py').as_posix()} --force {name}`"
        )
    write_text(PARAMS, text)


def _merge(base: Preset, preset: Preset, old: CommentedMap, new: CommentedMap, above: Keys = ()) -> Iterator[Line]:
    """Yield the lines of a mapping, with values and comments of the preset where it has them.

    Args:
        base: the preset to start from.
        preset: the preset that changes it.
        old: a mapping of the base.
        new: the same mapping of the preset.
        above: the keys of the mapping.
    """
    for key in dict.fromkeys((*old, *new)):
        keys = (*above, key)
        for source, mapping in ((base, old), (preset, new)):
            if key in mapping and keys not in source.entries:
                line = line_of(mapping, key, 0) + 1
                raise UserError(f"{source.path}:{line}: {'.'.join(keys)}: expected on its own line")
        before, after = base.entries.get(keys), preset.entries.get(keys)
        yield from before.blank if before else ()
        yield from (after.comments if after else ()) or (before.comments if before else ())
        if key not in new:
            yield from base.body(keys)
        elif before and _is_merged(old[key], new[key]):
            yield from before.body
            yield from _merge(base, preset, old[key], new[key], keys)
        else:
            yield from preset.body(keys)


def _is_merged(old: Any, new: Any) -> bool:
    """Whether two values are mappings that are merged key by key; otherwise the new one replaces the old one."""
    if not (isinstance(old, CommentedMap) and isinstance(new, CommentedMap) and old and new):
        return False
    return all(new[key] == old.get(key) for key in DISCRIMINATORS if key in new)


def _at_origin(error: str, lines: list[Line]) -> str:
    """Replace the line of the merged file in a message by the line that it comes from."""

    def origin(match: re.Match[str]) -> str:
        line = lines[int(match[1]) - 1]
        return f"{line.path}:{line.number}:"

    return re.sub(rf"^{re.escape(str(PARAMS))}:(\d+):", origin, error)


def _is_recoverable() -> bool:
    """Whether params.yaml equals the last commit or a preset."""
    if is_committed(PARAMS):
        return True
    for name in names():
        try:
            if build(name).encode() == PARAMS.read_bytes():
                return True
        except UserError:  # params.yaml can't come from a preset with errors
            continue
    return False
