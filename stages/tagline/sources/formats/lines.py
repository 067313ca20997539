"""Lines of text files, plain or gzip-compressed: any encoding and line ends, bad bytes reported by line."""

import codecs
import gzip
from collections.abc import Iterable, Iterator
from contextlib import closing
from io import TextIOWrapper
from itertools import groupby
from pathlib import Path
from typing import BinaryIO, TypeVar, cast

from tagline.core import reading
from tagline.terminal import UserError

T = TypeVar("T")
# The lines of a text, each with its number, from 1.
Lines = Iterator[tuple[int, str]]

UTF_8 = "utf-8"
# At the beginning of a file it is a byte order mark; at that of a later line it is left from joining such files.
MARK = "\ufeff"
_LFS_POINTER = "version https://git-lfs.github.com/spec/"
GZIP = b"\x1f\x8b"
# How PDF, ZIP archives (.xlsx, too), older Office files (.xls), Arrow and pickles of each protocol begin.
BINARY = (
    b"%PDF",
    b"PK\x03\x04",
    b"\xd0\xcf\x11\xe0",
    b"\xff" * 4,
    *(bytes([0x80, protocol]) for protocol in range(2, 6)),
)
_BLOCK = 8192  # bytes at the beginning of a file that show its line ends
UTF_8_REMEDY = "save the file as UTF-8"
ENCODING_REMEDY = (
    f"{UTF_8_REMEDY}, or set download.dataset.encoding in params.yaml (latin-1, cp1252, utf-16 or another name that "
    "Python knows)"
)


def read_lines(path: Path, encoding: str = UTF_8, borders: bool = False, remedy: str = ENCODING_REMEDY) -> Lines:
    r"""Yield the lines of a file without their ends and byte order marks, numbered from 1.

    Args:
        path: decompressed if it is gzip-compressed, whatever its name.
        borders: whether empty lines separate sentences; then lines that end with ``\r\r\n`` are an error.
        remedy: see `decoded_lines`.

    Raises:
        UserError: the text is not in that encoding, or contains a NUL byte; the file is a PDF, an archive, an Office
            file, Arrow or a pickle; the gzip file is damaged.
    """
    damaged = reading(path, problem="a damaged gzip file", remedy="compress it again")
    with path.open("rb") as file, damaged:
        start = file.read(4)
        if start.startswith(BINARY):
            raise UserError(
                f"{path}: a PDF, an archive, an Office file, Arrow or a pickle; expected text; extract it, or export "
                "it as CSV, JSON or Parquet"
            )
        compressed = start.startswith(GZIP)
        file.seek(0)
        with closing(gzip.GzipFile(fileobj=file) if compressed else file) as content:
            if borders and b"\r\r\n" in content.peek(_BLOCK):
                raise UserError(f"{path}: lines end with \\r\\r\\n, as a line and an empty one; expected \\n or \\r\\n")
            lines = decoded_lines(cast(BinaryIO, content), str(path), encoding, remedy)
            if not codecs.lookup(encoding).name.startswith("utf"):  # nearly all bytes can be characters of others
                lines = _not_utf_8(lines, str(path), encoding)
            for number, line in lines:
                yield number, line.removeprefix(MARK)


def _not_utf_8(lines: Lines, name: str, encoding: str) -> Lines:
    """Yield lines; raise a `UserError` at the end if most non-ASCII ones are UTF-8."""
    # A few can look like UTF-8 by chance: the bytes of *CAFÉ»* do.
    first = as_utf_8 = others = 0
    for number, line in lines:
        if not line.isascii():
            try:
                content = line.encode(encoding)
                content.decode()
            except UnicodeError:
                others += 1
            else:
                if not content.isascii():  # as in an encoding of 7 bits
                    as_utf_8, first = as_utf_8 + 1, first or number
        yield number, line
    if as_utf_8 > others:
        which = f"{as_utf_8:,} of {as_utf_8 + others:,}" if others else "all"
        remedy = "save all of the file as UTF-8, and remove" if others else "remove"
        raise UserError(
            f"{name}:{first}: not {encoding} but UTF-8, as in {which} lines beyond ASCII; {remedy} "
            "download.dataset.encoding from params.yaml"
        )


def paragraphs(lines: Iterable[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    """Yield the numbered lines between empty ones."""
    for is_empty, group in groupby(lines, key=lambda line: not line[1].strip()):
        if not is_empty:
            yield list(group)


def at_least_one(items: Iterable[T], message: str) -> Iterator[T]:
    """Yield items.

    Raises:
        UserError: there are none; with the message.
    """
    empty = True
    for item in items:
        empty = False
        yield item
    if empty:
        raise UserError(message)


def decoded_lines(file: BinaryIO, name: str, encoding: str = UTF_8, remedy: str = UTF_8_REMEDY) -> Lines:
    """Yield the lines of an open file or a stream as they arrive, numbered from 1.

    Args:
        file: read from its current position; only a line and the decoder's block are in memory.
        encoding: a byte order mark of UTF-8 is skipped.
        remedy: what to do about another encoding, for messages.

    Raises:
        UserError: see `read_lines`.
    """
    # Bytes that are not UTF-8 become surrogates, which valid UTF-8 never contains. So each is found on its own line;
    # a strict decoder, which reads ahead, would fail several lines earlier.
    without_mark = "utf-8-sig" if codecs.lookup(encoding).name == UTF_8 else encoding
    text = TextIOWrapper(file, encoding=without_mark, errors="surrogateescape")
    number = 0
    try:
        for number, line in enumerate(text, 1):
            if number == 1 and line.startswith(GZIP.decode(errors="surrogateescape")):
                raise UserError(f"{name}: gzip-compressed; expected text; decompress it, for example by `zcat`")
            if not line.isascii():
                _check(line, f"{name}:{number}", encoding, remedy)
            if number == 1 and line.startswith(_LFS_POINTER):
                raise UserError(f"{name}: a pointer of Git LFS, not the file itself; run `git lfs pull`")
            if "\0" in line:
                raise UserError(f"{name}:{number}: NUL byte; expected a text file")
            yield number, line.rstrip("\n")
    except UnicodeError as error:  # an encoding whose bytes cannot become surrogates, such as UTF-16
        reason = error.reason if isinstance(error, UnicodeDecodeError) else error
        raise UserError(f"{name}: after line {number}: not {encoding} ({reason}); {remedy}") from None
    finally:
        if not file.closed:
            text.detach()  # otherwise the wrapper would close the file when it is garbage-collected


def _check(line: str, location: str, encoding: str, remedy: str) -> None:
    try:
        line.encode()
    except UnicodeEncodeError as error:
        if codecs.lookup(encoding).name != UTF_8:
            byte = ord(line[error.start]) - 0xDC00
            raise UserError(f"{location}: not {encoding} (byte 0x{byte:02x}); {remedy}") from None
        try:
            line.encode(errors="surrogateescape").decode()
        except UnicodeDecodeError as reason:
            raise UserError(f"{location}: not UTF-8 ({reason.reason}); {remedy}") from None
