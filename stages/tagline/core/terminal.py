"""Display: words on a terminal, also those that it would not show, in columns that stand under each other."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

GAP = 2
# Characters of a value that a message shows.
SHOWN = 60
# Marks that a terminal draws over the character before them.
_MARKS = ("Mn", "Me")


def printable(word: str) -> str:
    """The word, with what could not be seen of it as an escape sequence."""
    return "".join(
        c.encode("unicode_escape").decode() if not c.isprintable() or (not place and _is_mark(c)) else c
        for place, c in enumerate(word)
    )


def shortened(text: str) -> str:
    """The text, or its beginning where it is long."""
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."


def columns(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """Set rows of the same length under each other, in as many blocks as the width asks for."""
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
    for place, size in enumerate(widths):
        if used and used + size - GAP > width:
            yield start, place
            start, used = place, 0
        used += size
    if widths:
        yield start, len(widths)


def display_width(text: str) -> int:
    """The cells of a terminal that a text takes: two for wide characters, none for combining marks."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(map(_is_mark, text))


def _is_mark(character: str) -> bool:
    return unicodedata.category(character) in _MARKS
