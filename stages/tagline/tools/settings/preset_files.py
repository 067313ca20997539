"""Preset files: the lines of each key, with the comments above it.

A file is scanned line by line: ruamel.yaml attaches a comment to the key before it, so comments would not move with
the key that they describe.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml.comments import CommentedMap

from tagline.core.errors import UserError
from tagline.core.params import parse

# Tells editors which schema a file has: params.schema.json in its own folder.
SCHEMA = "params.schema.json"
MODELINE = f"# yaml-language-server: $schema={SCHEMA}"

_KEY = re.compile(r" *([^\s#:]+):(?: |$)")
Keys = tuple[str, ...]
"""The path of a key, such as ("train", "batches", "order")."""


class Line(NamedTuple):
    """A line of a preset: its text, and its number from 1 in its file."""

    text: str
    path: Path
    number: int

    @property
    def is_blank(self) -> bool:
        return not self.text.strip()

    @property
    def is_comment(self) -> bool:
        return self.text.lstrip().startswith("#")

    @property
    def indent(self) -> int:
        return len(self.text) - len(self.text.lstrip())

    def shifted(self, columns: int) -> Line:
        return self._replace(text=(" " * (self.indent + columns) + self.text.lstrip()).rstrip())


class Entry(NamedTuple):
    """A key: its value, the blank lines and comments above it, and its own lines without those of nested keys."""

    value: Any
    blank: list[Line]
    comments: list[Line]
    body: list[Line]


@dataclass(frozen=True)
class Preset:
    """A preset file.

    Attributes:
        path: the file.
        description: its first paragraph of comments, without `MODELINE`.
        content: its values.
        entries: the lines of each key, indented by two spaces per level.
    """

    path: Path
    description: list[Line]
    content: CommentedMap
    entries: dict[Keys, Entry]

    def body(self, keys: Keys) -> list[Line]:
        """The lines of a key and its nested keys, without comments above the key."""
        nested = [entry for path, entry in self.entries.items() if len(path) > len(keys) and path[: len(keys)] == keys]
        return [
            *self.entries[keys].body,
            *(line for entry in nested for line in (*entry.blank, *entry.comments, *entry.body)),
        ]

    def children(self, keys: Keys = ()) -> dict[str, Entry]:
        """The keys of a mapping that are on their own lines."""
        return {path[-1]: entry for path, entry in self.entries.items() if path[:-1] == keys}


def read(path: Path) -> Preset:
    """Read a preset.

    Raises:
        UserError: it is not a YAML mapping.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except ValueError as error:
        raise UserError(f"{path} is not YAML: {error}") from None
    content = parse(text, path)
    lines = [Line(line, path, number) for number, line in enumerate(text.splitlines(), 1)]
    top = list(takewhile(lambda line: line.is_comment, lines))
    description = [line for line in top if line.text != MODELINE]
    return Preset(path, description, content, _scan(lines[len(top) :], content))


def _scan(lines: Sequence[Line], content: CommentedMap) -> dict[Keys, Entry]:
    """Find the lines of each key that is on its own line, by indentation."""
    entries: dict[Keys, Entry] = {}
    parents: list[tuple[int, str, Any]] = []  # indentation, key and value of the current key and those around it
    above: list[Line] = []
    shift = 0
    for line in lines:
        if line.is_blank or line.is_comment:
            above.append(line)
            continue
        around = [parent for parent in parents if parent[0] < line.indent]
        mapping = around[-1][2] if around else content
        match = _KEY.match(line.text)
        if match and isinstance(mapping, CommentedMap) and match[1] in mapping:
            shift = 2 * len(around) - line.indent
            parents = [*around, (line.indent, match[1], mapping[match[1]])]
            blank = list(takewhile(lambda line: line.is_blank, above))
            comments = [each.shifted(shift) for each in above[len(blank) :]]
            entries[tuple(key for _, key, _ in parents)] = Entry(
                mapping[match[1]], blank, comments, [line.shifted(shift)]
            )
        elif entries:  # a list item, for instance
            entries[tuple(key for _, key, _ in parents)].body.extend(each.shifted(shift) for each in [*above, line])
        above = []
    return entries
