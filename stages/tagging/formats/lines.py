"""Lines of text files: UTF-8 with or without a byte order mark, any line ends, every bad byte told by its line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tagging.faults import Fault


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a file without their ends, numbered from 1.

    Raises:
        Fault: the file is not UTF-8, or holds a NUL byte.
    """
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, 1):
                if "\0" in line:
                    raise Fault(f"{path}:{number}: a NUL byte; is this a text file?")
                yield number, line.rstrip("\n")
    except UnicodeDecodeError as error:
        # The decoder reads ahead in blocks, so the line is counted in the bytes before the fault.
        raise Fault(f"{path}:{_line_of_bad_byte(path)}: not UTF-8 ({error.reason}); save the file as UTF-8") from None


def _line_of_bad_byte(path: Path) -> int:
    content = path.read_bytes()
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        # As Python counts lines above: \r\n, \n and a lone \r each end one.
        before = content[: error.start].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return before.count(b"\n") + 1
    return 1
