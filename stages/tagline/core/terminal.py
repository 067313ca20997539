"""Text for a terminal: printed safely, in aligned columns."""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Iterator, Sequence

from tagline.core.errors import is_mark, printable, safe_message

GAP = 2


def show(text: str) -> None:
    """Print a text that may contain data: control characters are escaped, credentials in URLs masked."""
    write(f"{safe_message(text)}\n")


def write(text: str) -> None:
    """Write to standard output; a closed pipe, as behind `head`, is not an error."""
    try:
        print(text, end="", flush=True)
    except BrokenPipeError:
        # Python flushes standard output again when it exits; /dev/null keeps that from failing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def columns(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """Align rows of equal length in columns, wrapped into as many blocks as the width requires.

    Args:
        rows: the cells of each row.
        width: width of the terminal, in character cells.

    Returns:
        The lines, with an empty one between blocks.
    """
    cells = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(display_width, column)) + GAP for column in zip(*cells, strict=True)]
    lines: list[str] = []
    for start, end in _blocks(widths, width):
        lines += [""] if lines else []
        for row in cells:
            padded = (
                cell + " " * (size - display_width(cell))
                for cell, size in zip(row[start:end], widths[start:end], strict=True)
            )
            lines.append("".join(padded).rstrip())
    return lines


def _blocks(widths: Sequence[int], width: int) -> Iterator[tuple[int, int]]:
    start, used = 0, 0
    for index, size in enumerate(widths):
        if used and used + size - GAP > width:
            yield start, index
            start, used = index, 0
        used += size
    if widths:
        yield start, len(widths)


def display_width(text: str) -> int:
    """The number of terminal cells of a text: two for a wide character, none for a combining mark."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(map(is_mark, text))
