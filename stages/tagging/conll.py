"""CoNLL column files: one word a line, its tags beside it, an empty line after each sentence.

The format of the CoNLL shared tasks (Tjong Kim Sang and De Meulder, 2003): columns divided by tabs or by spaces,
``-DOCSTART-`` lines between documents.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from tagging.faults import Fault

# Not str.split(): that divides at no-break and other odd spaces too, which occur inside words of real data.
_SPACES = re.compile(" +")


def read_sentences(path: Path, columns: Sequence[str]) -> Iterator[list[list[str]]]:
    """Read a file sentence by sentence.

    Args:
        path: a UTF-8 file, with or without a byte order mark, with any line ends.
        columns: the name of each column, from left to right; used for their number and for messages.

    Yields:
        A sentence as one list a column, all of the same length.

    Raises:
        Fault: the file is missing, not UTF-8, holds no sentence, or a line has another number of columns.
    """
    rows: list[list[str]] = []
    empty = True
    for number, line in _lines(path):
        if not line.strip(" \t") or line.startswith("-DOCSTART-"):
            if rows:
                empty = False
                yield [list(column) for column in zip(*rows, strict=True)]
            rows = []
            continue
        fields = line.split("\t") if "\t" in line else _SPACES.split(line.strip(" "))
        if len(fields) != len(columns) or not all(fields):
            found = f"{len(fields)} column{'s' * (len(fields) != 1)}" if all(fields) else "an empty column"
            raise Fault(f"{path}:{number}: {found} in {line!r}, expected {len(columns)} ({' '.join(columns)})")
        rows.append(fields)
    if rows:
        empty = False
        yield [list(column) for column in zip(*rows, strict=True)]
    if empty:
        raise Fault(f"{path} holds no sentence: expected lines of {len(columns)} columns ({' '.join(columns)})")


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    number = 0
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, 1):
                if "\0" in line:
                    raise Fault(f"{path}:{number}: a NUL byte; is this a text file?")
                yield number, line.rstrip("\n")
    except FileNotFoundError:
        raise Fault(f"{path} is missing: download.dataset in params.yaml names it") from None
    except IsADirectoryError:
        raise Fault(f"{path} is a folder, expected a file: download.dataset in params.yaml names it") from None
    except UnicodeDecodeError as error:
        # The decoder reads ahead in blocks, so the line is counted in the bytes before the fault.
        before = path.read_bytes()
        line_of_fault = _line_of_bad_byte(before)
        raise Fault(f"{path}:{line_of_fault}: not UTF-8 ({error.reason}); save the file as UTF-8") from None


def _line_of_bad_byte(content: bytes) -> int:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        return content.count(b"\n", 0, error.start) + 1
    return 1
