"""Lines of text files: UTF-8 with or without a byte order mark, any line ends, each bad byte reported by its line."""

from __future__ import annotations

from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO

from tagline.core.errors import UserError


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a file without their ends, numbered from 1.

    Raises:
        UserError: the file is not UTF-8, or contains a NUL byte.
    """
    with path.open("rb") as file:
        yield from decoded_lines(file, str(path))


def decoded_lines(file: BinaryIO, name: str) -> Iterator[tuple[int, str]]:
    """Yield the lines of an open file or a stream as they arrive, numbered from 1.

    Args:
        file: read from its current position; only the current line and the decoder's block are in memory.
        name: the file's name in messages.

    Raises:
        UserError: see `read_lines`.
    """
    # Bytes that are not UTF-8 become surrogates, which valid UTF-8 never contains. So each is found on its own line;
    # a strict decoder, which reads ahead, would fail several lines earlier.
    text = TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape")
    try:
        for number, line in enumerate(text, 1):
            if not line.isascii():
                _check(line, f"{name}:{number}")
            if "\0" in line:
                raise UserError(f"{name}:{number}: NUL byte; expected a text file")
            yield number, line.rstrip("\n")
    finally:
        if not file.closed:
            text.detach()  # otherwise the wrapper would close the file when it is garbage-collected


def _check(line: str, location: str) -> None:
    try:
        line.encode()
    except UnicodeEncodeError:
        try:
            line.encode(errors="surrogateescape").decode()
        except UnicodeDecodeError as error:
            raise UserError(f"{location}: not UTF-8 ({error.reason}); save the file as UTF-8") from None
