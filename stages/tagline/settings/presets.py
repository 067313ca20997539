"""Presets: a complete params.yaml, made from presets/sample.yaml and the keys of another preset that differ from it.

The merge works on lines, so that comments stay with their keys and every line knows the file that it comes from.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml.comments import CommentedMap

from tagline.core.errors import UserError
from tagline.core.params import PARAMS, line_of, parse
from tagline.settings.files import is_committed, text_for_folder, text_of, write_text

PRESETS = Path("presets")
BASE = "sample"
# Tells editors which schema a file has: params.schema.json in its own folder.
SCHEMA = "params.schema.json"
MODELINE = f"# yaml-language-server: $schema={SCHEMA}"
# A mapping in which one of these keys changes has other keys altogether.
DISCRIMINATORS = ("source", "format")

# Faults of parsed params, each as `path:line: key: what is wrong`.
Check = Callable[[CommentedMap, Path], list[str]]


class Line(NamedTuple):
    """A line of a preset: its text, and its number from 1 in its file."""

    text: str
    path: Path
    number: int


@dataclass(frozen=True)
class Entry:
    """A key of a block mapping: the blank lines and comments above it, and the lines of the key and its value."""

    column: int
    blank: list[Line]
    comments: list[Line]
    body: list[Line]
    value: Any


@dataclass(frozen=True)
class Preset:
    """A preset file: its first paragraph of comments, which describes it, without `MODELINE`, and its sections."""

    path: Path
    description: list[Line]
    sections: dict[str, Entry]


def folder() -> Path:
    """Return the path of presets/ from the repository's root, or from a pipeline folder in it."""
    return next((path for path in (PRESETS, ".." / PRESETS) if path.is_dir()), PRESETS)


def names() -> list[str]:
    """The presets that there are.

    Raises:
        UserError: there are none.
    """
    found = sorted(path.stem for path in folder().glob("*.yaml"))
    if BASE not in found:
        raise UserError(f"{_path(BASE)} is missing: run this script from the repository's root or a pipeline folder")
    return found


def read(name: str) -> Preset:
    """Read a preset.

    Raises:
        UserError: it is not YAML, not a mapping, or has several keys on one line.
    """
    path = _path(name)
    try:
        text = path.read_text(encoding="utf-8")
    except ValueError as error:
        raise UserError(f"{path} is not YAML: {error}") from None
    content = parse(text, path)
    lines = [Line(line, path, number) for number, line in enumerate(text.splitlines(), 1)]
    top = list(takewhile(_is_comment, lines))
    description = [line for line in top if line.text != MODELINE]
    return Preset(path, description, _entries(content, lines[len(top) :], path))


def build(name: str, check: Check) -> str:
    """The complete params of a preset for the current folder, in the form in which DVC writes them.

    Args:
        name: of a preset.
        check: finds the faults of the result.

    Raises:
        UserError: names every fault by the line of the preset, or of presets/sample.yaml, that it comes from.
    """
    base = read(BASE)
    if name == BASE:
        path = base.path
        description, body = base.description, _lines(base.sections)
    else:
        preset = read(name)
        path = preset.path
        description = preset.description or [Line(f"# Preset {name}.", path, 1)]
        body = _merge(base.sections, preset.sections)
    lines = [Line(MODELINE, path, 1), *description, *body]
    text = "".join(f"{line.text}\n" for line in lines)
    content = parse(text, path)
    if found := [_at_origin(fault, lines) for fault in check(content, PARAMS)]:
        raise UserError(
            "\n  ".join([f"{path} has {len(found)} fault{'s' * (len(found) > 1)}; {PARAMS} is unchanged:", *found])
        )
    return text_of(content) if folder() == PRESETS else text_for_folder(content)


def write(name: str, check: Check, force: bool = False) -> None:
    """Write params.yaml from a preset, whole or not at all.

    Args:
        name: of a preset.
        check: finds the faults of the result.
        force: overwrite params.yaml, whatever is in it.

    Raises:
        UserError: the preset has faults, or params.yaml has changes that are neither in Git nor in any preset.
    """
    text = build(name, check)
    if not force and PARAMS.exists() and not _is_kept(check):
        raise UserError(
            f"{PARAMS} has changes that are not committed; commit them, or overwrite them by "
            f"`python {(folder().parent / 'stages/preset.py').as_posix()} --force {name}`"
        )
    write_text(PARAMS, text)


def _path(name: str) -> Path:
    return folder() / f"{name}.yaml"


def _is_comment(line: Line) -> bool:
    return line.text.lstrip().startswith("#")


def _entries(node: CommentedMap, lines: list[Line], path: Path) -> dict[str, Entry]:
    """The keys of a block mapping, given the lines from the one after its own key to its end."""
    starts = {line.number - 1: index for index, line in enumerate(lines)}
    positions = node.lc.data or {}
    rows: list[int] = []
    for key in node:
        line = line_of(node, key, node.lc.line)
        row = starts.get(line, -1)
        if node.fa.flow_style() or key not in positions or row <= (rows[-1] if rows else -1):
            raise UserError(f"{path}:{line + 1}: {key}: expected each key on a line of its own, as in {_path(BASE)}")
        rows.append(row)
    # Where the comments above each key begin.
    tops = []
    for index, row in enumerate(rows):
        top, least = row, rows[index - 1] + 1 if index else 0
        while top > least and (_is_comment(lines[top - 1]) or not lines[top - 1].text.strip()):
            top -= 1
        tops.append(top)
    entries = {}
    for key, row, top, end in zip(node, rows, tops, [*tops[1:], len(lines)], strict=True):
        above, body = lines[top:row], lines[row:end]
        while not body[-1].text.strip():
            body.pop()
        blank = list(takewhile(lambda line: not line.text.strip(), above))
        entries[str(key)] = Entry(positions[key][1], blank, above[len(blank) :], body, node[key])
    return entries


def below(entry: Entry) -> dict[str, Entry]:
    """The keys of a block mapping that is the value of a key."""
    return _entries(entry.value, entry.body[1:], entry.body[0].path)


def _lines(entries: dict[str, Entry]) -> list[Line]:
    return [line for entry in entries.values() for line in (*entry.blank, *entry.comments, *entry.body)]


def _merge(base: dict[str, Entry], preset: dict[str, Entry]) -> list[Line]:
    """The lines of a mapping with the values of the preset where it has some, and its comments where it has some."""
    column = next(iter(base.values())).column
    merged = []
    for key, entry in base.items():
        if key not in preset:
            merged += _lines({key: entry})
            continue
        new = preset[key]
        merged += [*entry.blank, *(_moved(new.comments, column - new.column) or entry.comments)]
        if _merges(entry.value, new.value):
            merged += [entry.body[0], *_merge(below(entry), below(new))]
        else:
            merged += _moved(new.body, column - new.column)
    for key, new in preset.items():
        if key not in base:
            merged += _moved([*new.comments, *new.body], column - new.column)
    return merged


def _merges(base: Any, preset: Any) -> bool:
    """Whether two values are mappings to merge key by key; otherwise the preset's replaces the base's."""
    if not (isinstance(base, CommentedMap) and isinstance(preset, CommentedMap) and base and preset):
        return False
    return all(preset[key] == base.get(key) for key in DISCRIMINATORS if key in preset)


def _moved(lines: list[Line], columns: int) -> list[Line]:
    """Lines that begin so many columns further to the right, or to the left where it is negative."""
    if columns >= 0:
        return [line._replace(text=" " * columns + line.text if line.text else "") for line in lines]
    return [line._replace(text=re.sub(f"^ {{0,{-columns}}}", "", line.text)) for line in lines]


def _at_origin(fault: str, lines: list[Line]) -> str:
    """A fault of the merged lines, with the file and line that it comes from."""

    def origin(match: re.Match[str]) -> str:
        line = lines[int(match[1]) - 1]
        return f"{line.path}:{line.number}:"

    return re.sub(rf"^{re.escape(str(PARAMS))}:(\d+):", origin, fault)


def _is_kept(check: Check) -> bool:
    """Whether params.yaml can be had again: from Git's last commit or from a preset."""
    if is_committed(PARAMS):
        return True
    for name in names():
        try:
            if build(name, check).encode() == PARAMS.read_bytes():
                return True
        except UserError:  # a preset with faults has written no params.yaml
            continue
    return False
