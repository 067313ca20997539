"""Lines of text files: UTF-8 with or without a byte order mark, any line ends, every bad byte told by its line."""

from __future__ import annotations

from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO

from tagline.core.errors import UserError


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a file without their ends, numbered from 1.

    Raises:
        UserError: the file is not UTF-8, or holds a NUL byte.
    """
    with path.open("rb") as file:
        yield from decoded_lines(file, str(path))


def decoded_lines(file: BinaryIO, name: str) -> Iterator[tuple[int, str]]:
    """Yield the lines of a file that is open already, or of a stream, as they arrive.

    Args:
        file: what is left of it is read; nothing is held but the line and a block of the decoder's.
        name: what messages call it.

    Raises:
        UserError: see `read_lines`.
    """
    # Bytes that are no UTF-8 become surrogates, which no UTF-8 stands for. So each is found on its own line, where
    # a strict decoder, which reads ahead, would fail some lines before it.
    text = TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape")
    try:
        for number, line in enumerate(text, 1):
            if not line.isascii():
                _check(line, f"{name}:{number}")
            if "\0" in line:
                raise UserError(f"{name}:{number}: a NUL byte; is this a text file?")
            yield number, line.rstrip("\n")
    finally:
        if not file.closed:
            text.detach()  # else it would close the file with itself


def _check(line: str, place: str) -> None:
    try:
        line.encode()
    except UnicodeEncodeError:
        try:
            line.encode(errors="surrogateescape").decode()
        except UnicodeDecodeError as error:
            raise UserError(f"{place}: not UTF-8 ({error.reason}); save the file as UTF-8") from None
