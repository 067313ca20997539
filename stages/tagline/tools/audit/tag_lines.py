"""Lines of CoNLL files with other tags; every other byte of a file stays."""

from __future__ import annotations

import gzip
import re
from io import StringIO
from pathlib import Path

from tagline.core.errors import UserError
from tagline.sources.formats.conll import ConllFiles
from tagline.sources.formats.conll_table import separated
from tagline.sources.formats.conllu import COLUMNS, UNSPECIFIED, ConlluFiles
from tagline.sources.formats.lines import GZIP, MARK, read_lines

Changes = dict[int, tuple[str, str]]
"""By the number of its line, from 1, the tag of a word and the one that replaces it."""


def rewritten(path: Path, dataset: ConllFiles | ConlluFiles, column: str, changes: Changes) -> bytes:
    """Give the content of a file with some tags replaced; compressed anew if it was.

    Args:
        path: the file.
        dataset: the section that reads it.
        column: the tag column.
        changes: see `Changes`.

    Raises:
        UserError: the file's encoding does not allow it.
    """
    content = path.read_bytes()
    if not changes:
        return content
    is_compressed = content.startswith(GZIP)
    content = gzip.decompress(content) if is_compressed else content
    text = content.decode(dataset.encoding)
    lines = list(StringIO(text, newline=""))  # which ends lines as `read_lines` does, and keeps their ends
    tabs, _ = separated(read_lines(path, dataset.encoding))
    for number, (old, new) in changes.items():
        body = lines[number - 1].rstrip("\r\n")
        end = lines[number - 1][len(body) :]
        if isinstance(dataset, ConlluFiles):
            lines[number - 1] = _in_conllu(body, dataset.tag_columns[column], new, dataset.absent) + end
        else:
            lines[number - 1] = _in_columns(body, dataset.columns.index(column), tabs, old, new) + end
    try:
        is_same = text.encode(dataset.encoding) == content
        changed = "".join(lines).encode(dataset.encoding)
    except UnicodeEncodeError as error:
        raise UserError(
            f"{path}: {dataset.encoding} has no character {error.object[error.start]!r}; expected UTF-8"
        ) from None
    if not is_same:
        raise UserError(f"{path}: {dataset.encoding}, in which all bytes but the tags cannot be kept; expected UTF-8")
    return gzip.compress(changed, mtime=0) if is_compressed else changed


def _in_columns(line: str, index: int, tabs: bool, old: str, new: str) -> str:
    """Replace the tag in a column of a line; spaces around it and between columns stay."""
    rest = line.lstrip(f"{MARK} ")
    cells = rest.split("\t") if tabs else re.split("( +)", rest)  # Ada, two spaces, O
    at = index if tabs else 2 * index
    cells[at] = cells[at].replace(old, new)
    return line.removesuffix(rest) + ("\t" if tabs else "").join(cells)


def _in_conllu(line: str, column: str, new: str, absent: str) -> str:
    """Replace a column of a line, or the value of one of its keys, which goes where the tag is that without the key."""
    name, _, key = column.partition(":")
    cells = line.split("\t")
    at = COLUMNS.index(name)
    if not key:
        cells[at] = UNSPECIFIED if new == absent else new
        return "\t".join(cells)
    pairs = [] if cells[at].strip() == UNSPECIFIED else cells[at].split("|")
    given = [pair.partition("=")[0] == key for pair in pairs]
    if new == absent:
        pairs = [pair for pair, is_key in zip(pairs, given, strict=True) if not is_key]
    elif any(given):
        pairs = [f"{key}={new}" if is_key else pair for pair, is_key in zip(pairs, given, strict=True)]
    else:
        pairs.append(f"{key}={new}")
    cells[at] = "|".join(pairs) or UNSPECIFIED
    return "\t".join(cells)
