"""CoNLL column files: one word a line, its tags beside it, an empty line after each sentence.

The format of the CoNLL shared tasks (Tjong Kim Sang and De Meulder, 2003): columns divided by tabs or by spaces,
``-DOCSTART-`` lines between documents.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tagline.core.errors import UserError
from tagline.sources.formats.lines import read_lines
from tagline.sources.formats.sentence import Sentence

WORDS = "words"
SKIP = "-"
# Not str.split(): that divides at no-break and other odd spaces too, which occur inside words of real data.
_SPACES = re.compile(" +")


def read_sentences(path: Path, columns: Sequence[str], comments: bool = False) -> Iterator[Sentence]:
    """Read a file sentence by sentence.

    Args:
        path: a UTF-8 file, with or without a byte order mark, with any line ends.
        columns: the name of each column, from left to right: `WORDS` once, `SKIP` for one to leave out, or a layer's.
        comments: leave out lines that begin with ``# `` too. In files divided by spaces the word # looks the same.

    Raises:
        UserError: the file is not text, holds no sentence, or a line has another number of columns.
    """
    empty = True
    for sentence in sentences(read_lines(path), str(path), columns, comments):
        empty = False
        yield sentence
    if empty:
        raise UserError(f"{path} holds no sentence: expected lines of {len(columns)} columns ({' '.join(columns)})")


def sentences(
    lines: Iterable[tuple[int, str]], name: str, columns: Sequence[str], comments: bool = False
) -> Iterator[Sentence]:
    """Read numbered lines sentence by sentence.

    Args:
        lines: see `read_lines`.
        name: what messages call the file.
        columns: see `read_sentences`.
        comments: likewise.

    Raises:
        UserError: a line has another number of columns.
    """
    layers = {name: place for place, name in enumerate(columns) if name not in (WORDS, SKIP)}
    words_at = list(columns).index(WORDS)
    rows: list[list[str]] = []
    first = 0

    def sentence() -> Sentence:
        by_column = [list(column) for column in zip(*rows, strict=True)]
        tags = {name: by_column[place] for name, place in layers.items()}
        return Sentence(f"{name}:{first}", by_column[words_at], tags)

    for number, line in lines:
        if is_border(line):
            if rows:
                yield sentence()
            rows = []
            continue
        if comments and (line.startswith("# ") or line == "#"):
            continue
        first = first if rows else number
        rows.append(_fields(line, columns, f"{name}:{number}"))
    if rows:
        yield sentence()


def is_border(line: str) -> bool:
    """Whether a line stands between sentences."""
    return not line.strip(" \t") or line.startswith("-DOCSTART-")


def fields(line: str) -> list[str]:
    """The columns of a line: divided by tabs where it has any, else by spaces."""
    return line.split("\t") if "\t" in line else _SPACES.split(line.strip(" "))


def _fields(line: str, columns: Sequence[str], place: str) -> list[str]:
    found = fields(line)
    if len(found) != len(columns) or not all(found):
        told = f"{len(found)} column{'s' * (len(found) != 1)}" if all(found) else "an empty column"
        raise UserError(f"{place}: {told} in {line!r}, expected {len(columns)} ({' '.join(columns)})")
    return found
