"""CoNLL column files: one word per line with its tags, an empty line after each sentence.

The format of the CoNLL shared tasks (Tjong Kim Sang and De Meulder, 2003): columns separated by tabs or by spaces,
``-DOCSTART-`` lines between documents.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from pydantic import model_validator

from tagline.core.errors import UserError
from tagline.core.terminal import quoted
from tagline.sources.formats.base import Files
from tagline.sources.formats.lines import read_lines
from tagline.sources.formats.sentence import Sentence

WORDS = "words"
SKIP = "-"
# Not str.split(): it also splits at no-break and other unusual spaces, which occur inside words of real data.
_SPACES = re.compile(" +")


class ConllFiles(Files):
    """Column files: a name per column, ``words`` for the words and ``-`` for a column to skip."""

    format: Literal["conll"]
    columns: list[str]
    comments: bool = False

    @model_validator(mode="after")
    def _columns_are_usable(self) -> ConllFiles:
        names = self.tag_columns
        if self.columns.count(WORDS) != 1:
            raise ValueError(f"columns must contain {WORDS!r} exactly once")
        if not names:
            raise ValueError("columns must name at least one tag column")
        if len(set(names)) < len(names) or "id" in names:
            raise ValueError("columns must have different names, and none can be named 'id'")
        return self

    @property
    def tag_columns(self) -> list[str]:
        """The columns that are neither the words nor skipped."""
        return [name for name in self.columns if name not in (WORDS, SKIP)]

    def read(self, path: Path) -> Iterator[Sentence]:
        return read_sentences(path, self.columns, self.comments)


def read_sentences(path: Path, columns: Sequence[str], comments: bool = False) -> Iterator[Sentence]:
    """Read a file sentence by sentence.

    Args:
        path: a UTF-8 file, with or without a byte order mark, with any line ends.
        columns: a name per column, from left to right: `WORDS` once, `SKIP` for a column to skip, else a tag column.
        comments: also skip lines that begin with ``# ``. In space-separated files a line for the word # looks the same.

    Raises:
        UserError: the file is not text, has no sentence, or a line has another number of columns.
    """
    empty = True
    for sentence in sentences(read_lines(path), str(path), columns, comments):
        empty = False
        yield sentence
    if empty:
        raise UserError(f"{path}: no sentence; expected lines of {len(columns)} columns ({' '.join(columns)})")


def sentences(
    lines: Iterable[tuple[int, str]], name: str, columns: Sequence[str], comments: bool = False
) -> Iterator[Sentence]:
    """Read numbered lines sentence by sentence.

    Args:
        lines: as `read_lines` yields them.
        name: the file's name in messages.
        columns: see `read_sentences`.
        comments: see `read_sentences`.

    Raises:
        UserError: a line has another number of columns.
    """
    tag_indices = {name: index for index, name in enumerate(columns) if name not in (WORDS, SKIP)}
    words_index = list(columns).index(WORDS)
    rows: list[list[str]] = []
    first_line = 0

    def sentence() -> Sentence:
        by_column = [list(column) for column in zip(*rows, strict=True)]
        tags = {column: by_column[index] for column, index in tag_indices.items()}
        return Sentence(f"{name}:{first_line}", by_column[words_index], tags)

    for number, line in lines:
        if is_border(line):
            if rows:
                yield sentence()
            rows = []
            continue
        if comments and (line.startswith("# ") or line == "#"):
            continue
        first_line = first_line if rows else number
        rows.append(_checked_fields(line, columns, f"{name}:{number}"))
    if rows:
        yield sentence()


def is_border(line: str) -> bool:
    """Whether a line separates sentences."""
    return not line.strip(" \t") or line.startswith("-DOCSTART-")


def fields(line: str) -> list[str]:
    """Split a line into its columns: at tabs if it has any, else at spaces."""
    return line.split("\t") if "\t" in line else _SPACES.split(line.strip(" "))


def _checked_fields(line: str, columns: Sequence[str], location: str) -> list[str]:
    values = fields(line)
    if len(values) != len(columns) or not all(values):
        problem = f"{len(values)} column{'s' * (len(values) != 1)}" if all(values) else "an empty column"
        raise UserError(f"{location}: {problem} in {quoted(line)}; expected {len(columns)} ({' '.join(columns)})")
    return values
