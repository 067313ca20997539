"""Bring params.yaml up to date with the code: rename keys, add missing ones, leave all other lines as they are."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, get_args

from pydantic.fields import FieldInfo
from ruamel.yaml.comments import CommentedMap

from tagline.core.errors import UserError
from tagline.core.params import PARAMS, find, line_of, list_errors, parse, plain, read_text
from tagline.tools.settings import pipelines, presets
from tagline.tools.settings.checks import params_errors
from tagline.tools.settings.yaml_files import write_text

# Keys of earlier versions: the last key of each path, and its name now.
RENAMED_KEYS = {
    "download.dataset.layers": "tag_columns",
    "download.dataset.layer": "tag_column",
    "download.dataset.cut_spans": "misaligned_spans",
    "tokenize_align.limits.illegal": "illegal_tags",
    "tokenize_align.limits.unseen": "unseen_labels",
    "tokenize_align.limits.duplicates": "duplicate_sentences",
    "tokenize_align.limits.without_subwords": "words_without_subwords",
    "tokenize_align.limits.cut_words": "truncated_words",
    "tokenize_align.limits.windowed": "windowed_sentences",
    "train.device_tokens": "subwords_per_device",
    "train.batches.tokens_per_batch": "subwords_per_batch",
    "evaluate.tokens_per_batch": "subwords_per_batch",
}
# Values of earlier versions, by the path of their key now.
RENAMED_VALUES = {
    "download.dataset.misaligned_spans": {"widen": "expand", "refuse": "error"},
    "tokenize_align.illegal": {"refuse": "error"},
}


class Missing(NamedTuple):
    """A key of presets/sample.yaml that a file of params lacks.

    Attributes:
        above: the path of its mapping.
        key: the key.
        value: in presets/sample.yaml.
        field: of the schema.
        before: the key that it follows there and that the file has, if there is one.
        empty: the file has the key, but no value, which must be a mapping.
    """

    above: tuple[str, ...]
    key: str
    value: Any
    field: FieldInfo
    before: str | None
    empty: bool = False


def updated(text: str, path: Path) -> tuple[str, list[str]]:
    """Update the text of a file of params.

    Args:
        text: a file of params of this or an earlier version.
        path: the file, for messages.

    Returns:
        The new text, and what was done, one line for each key.

    Raises:
        UserError: it is not a YAML mapping, has unknown keys, or has a mapping on one line that lacks a key.
    """
    text, done = _renamed(text, path)
    errors = [error.split(": ", 2) for error in params_errors(parse(text, path), path)]
    if unknown := [": ".join(error) for error in errors if error[2].startswith("unknown ")]:
        # Of a misspelt key, the right one would be added with the value of the sample.
        raise UserError(list_errors(unknown, path, "nothing is updated; correct or remove them"))
    base = plain(presets.read(presets.BASE).content)
    while missing := next(_missing(base, content := parse(text, path), presets.FIELDS), None):
        text = _inserted(text, content, missing, path)
        done.append(f"{path}: {'.'.join((*missing.above, missing.key))} added")
    return text, done


def update() -> list[str]:
    """Update params.yaml of the repository's root and of all pipeline folders, and the dvc.yaml of these.

    Returns:
        What was done, one line for each key and file.

    Raises:
        UserError: see `updated`; nothing is written. Or a dvc.yaml has changes that are not committed.
    """
    paths = [PARAMS, *(Path(name, PARAMS) for name in pipelines.names())]
    read = {path: read_text(path) for path in paths}
    texts = {path: updated(text.replace("\r\n", "\n"), path) for path, text in read.items()}
    files = pipelines.update()
    for path, (text, done) in texts.items():
        if done:
            write_text(path, text, "\r\n" if "\r\n" in read[path] else "\n")
    return [line for _, done in texts.values() for line in done] + files


def _renamed(text: str, path: Path) -> tuple[str, list[str]]:
    lines, content, done = text.splitlines(), parse(text, path), []
    for name, new in RENAMED_KEYS.items():
        if (line := _line(content, name)) is not None:
            old = name.rpartition(".")[2]
            if not lines[line].lstrip().startswith(f"{old}:"):
                raise UserError(f"{path}:{line + 1}: {name} is {new} now; rename it by hand, it is written unusually")
            lines[line] = lines[line].replace(f"{old}:", f"{new}:", 1)
            done.append(f"{path}: {name} is {new} now")
    content = parse("\n".join(lines), path)
    for name, values in RENAMED_VALUES.items():
        if (line := _line(content, name)) is not None:
            key, colon, rest = lines[line].partition(":")
            value, comment, said = rest.partition(" #")
            old = value.strip(" '\"")
            if old in values:
                lines[line] = f"{key}{colon} {values[old]}{comment}{said}"
                done.append(f"{path}: {name}: {old} is {values[old]} now")
    return "".join(f"{line}\n" for line in lines), done


def _line(content: CommentedMap, name: str) -> int | None:
    """The line of a key, from 0, if the file has it."""
    keys = name.split(".")
    line, depth = find(content, keys)
    return line if depth == len(keys) else None


def _missing(
    base: Mapping[str, Any], node: CommentedMap, fields: Mapping[str, FieldInfo], above: tuple[str, ...] = ()
) -> Iterator[Missing]:
    """The keys that a file lacks, with mappings of the same source and format as in presets/sample.yaml."""
    if any(base.get(key) != node.get(key) for key in presets.DISCRIMINATORS if key in base and key in node):
        return
    before = None
    for key, value in base.items():
        if key in node:
            before = key
            if isinstance(value, dict) and isinstance(node[key], CommentedMap) and key in fields:
                inner = presets.described(fields[key].annotation, node[key])
                yield from _missing(value, node[key], inner, (*above, key))
            elif isinstance(value, dict) and node[key] is None and key in fields and not _may_be_empty(fields[key]):
                yield Missing(above, key, value, fields[key], before, empty=True)
        elif key in fields:
            yield Missing(above, key, value, fields[key], before)


def _may_be_empty(field: FieldInfo) -> bool:
    return type(None) in get_args(field.annotation)


def _inserted(text: str, content: CommentedMap, missing: Missing, path: Path) -> str:
    """Insert a key with its comment after the block of the key before it."""
    node: Any = content
    for key in missing.above:
        node = node[key]
    start, _ = find(content, missing.above)
    if node.fa.flow_style() or not node:
        name = ".".join(missing.above)
        raise UserError(f"{path}:{start + 1}: {name}: {missing.key} is missing; expected one key per line, not {{...}}")
    lines = text.splitlines()
    first = next(iter(node))
    indent = node.lc.data[first][1] if node.lc.data else 0
    if missing.empty:
        position = line_of(node, missing.key, start) + 1
    elif missing.before is None:
        position = line_of(node, first, start)
    else:
        position = line_of(node, missing.before, start) + 1
        while position < len(lines) and _is_inside(lines[position], indent):
            position += 1
    while position and lines[position - 1].strip()[:1] in ("", "#"):  # what stands above the next key
        position -= 1
    new = presets.lines({missing.key: missing.value}, {missing.key: missing.field}, {}, missing.above)
    added = textwrap.indent(textwrap.dedent("\n".join(new)), " " * indent).splitlines()
    if missing.empty:
        added = added[added.index(f"{' ' * indent}{missing.key}:") + 1 :]
    return "".join(f"{line}\n" for line in [*lines[:position], *added, *lines[position:]])


def _is_inside(line: str, indent: int) -> bool:
    """Whether a line below a key belongs to its value or is empty or a comment; lists may have the key's indent."""
    content = line.lstrip()
    return content[:1] in ("", "#") or len(line) - len(content) > indent or line[indent:].startswith("- ")
