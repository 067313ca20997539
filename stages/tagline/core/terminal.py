"""Text for a terminal: escape sequences for invisible characters, masked passwords, aligned columns."""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from collections.abc import Iterator, Sequence

GAP = 2
# Characters of a value that a message shows in a list of others, and of one that it quotes.
SHOWN = 60
QUOTED = 200
# Marks that a terminal draws over the preceding character.
_MARKS = ("Mn", "Me")
# User name, password or token of a URL: what stands between "://" and the last "@" before the path; or, of a malformed
# URL, a password with a slash; or a secret in the query, as storages put it into the URLs that they redirect to.
_CREDENTIALS = re.compile(
    r"(?<=://)(?:[^/?#\s]*|[^/?#\s:]*:(?!\d+[/?#])[^\s@]{0,1000}+)(?=@)"
    r"|(?<=[?&])(?P<key>[\w.-]*(?:auth|credential|key|password|secret|sig|signature|token))=[^&#\s'\"]+",
    re.IGNORECASE,
)


def printable(word: str) -> str:
    """Replace the invisible characters of a word by escape sequences."""
    return "".join(
        c.encode("unicode_escape").decode() if not c.isprintable() or (not index and _is_mark(c)) else c
        for index, c in enumerate(word)
    )


def safe_message(text: str) -> str:
    r"""Escape control characters and mask the credentials in URLs; line breaks stay.

    ``https://ada:secret@host/x?token=abc`` becomes ``https://***@host/x?token=***``, a carriage return becomes ``\r``.
    """
    return "\n".join(printable(line) for line in _masked(text).split("\n"))


def _masked(text: str) -> str:
    return _CREDENTIALS.sub(lambda match: f"{match['key']}=***" if match["key"] else "***", text)


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


def shortened(text: str, most: int = SHOWN) -> str:
    """The text, or its first characters and an ellipsis if it is longer than ``most``."""
    # Masked before: `safe_message` does not recognise credentials that are cut.
    return text if len(text) <= most else f"{_masked(text)[: most - 3]}..."


def quoted(value: object) -> str:
    """A value of the input as Python writes it, at most `QUOTED` characters of it."""
    return shortened(repr(value), QUOTED)


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
    return len(text) + wide - sum(map(_is_mark, text))


def _is_mark(character: str) -> bool:
    return unicodedata.category(character) in _MARKS
