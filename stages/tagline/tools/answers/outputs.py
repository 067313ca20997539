"""Outputs: items, such as tagged documents, in a file or on standard output."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from tagline.core import replacing
from tagline.terminal import UserError, defer_signals

Item = TypeVar("Item")
Given = TypeVar("Given", contravariant=True)


def check_writable(option: str, out: Path) -> None:
    """Check before any work that the file of an option can be written.

    Raises:
        UserError: its folder does not exist or takes no file, or it is no file.
    """
    if not out.parent.is_dir():
        raise UserError(f"{option} {out}: {out.parent} is not a folder; expected an existing one")
    try:
        tempfile.TemporaryFile(dir=out.parent).close()
    except OSError:
        raise UserError(f"{option} {out}: {out.parent} can't be written; expected a folder for new files") from None
    if out.is_dir():
        raise UserError(f"{option} {out}: a folder; expected a file")
    if out.exists() and not out.is_file():
        raise UserError(f"{option} {out}: a pipe or device; expected a file; to write there, use `> {out}`")


@contextmanager
def naming(file: Path | str) -> Iterator[None]:
    """Name the file in an error of writing to it, which the system leaves out."""
    try:
        yield
    except BrokenPipeError:  # not an error of the file
        raise
    except OSError as error:
        raise UserError(f"{file}: {error.strerror}; expected more space; free some, or write elsewhere") from None


class Form(Protocol[Given]):
    """How items become text."""

    def line(self, item: Given) -> str:
        """Write the next item as complete lines."""

    def closing(self) -> str:
        """What makes a complete file of the items so far."""


class LineWriter(Generic[Item]):
    """Items as lines, or as a list of JSON, whose brackets and commas begin lines.

    Args:
        line: writes an item as complete lines.
    """

    def __init__(self, line: Callable[[Item], str], is_list: bool = False) -> None:
        self._line = line
        self._is_list = is_list
        self._is_empty = True

    def line(self, item: Item) -> str:
        line = self._line(item)
        if self._is_list:
            line = ("[" if self._is_empty else ",") + line
        self._is_empty = False
        return line

    def closing(self) -> str:
        if not self._is_list:
            return ""
        return "[]\n" if self._is_empty else "]\n"


class Output(Generic[Item]):
    """Items in a file or on standard output; of each `write` all of them or none.

    Args:
        path: complete after each `write`; an earlier file stays until the first. None: standard output.
    """

    def __init__(self, path: Path | None, form: Form[Item]) -> None:
        self.path = path
        self._form = form
        # Bytes of the items in the file, and what follows them, which the next items replace.
        self._size = 0
        self._closing = b""

    def write(self, items: Sequence[Item]) -> None:
        lines = "".join(map(self._form.line, items)).encode()
        if self.path:
            closing = self._form.closing().encode()
            if self._size:
                self._append(self.path, lines, closing)
            else:
                self._begin(self.path, lines + closing)
            self._size += len(lines)
            self._closing = closing
        else:
            print_lines(lines)

    def end(self) -> None:
        """Write what follows the last item; without any, empty an earlier file."""
        if self.path:
            self.write(())
        else:
            print_lines(self._form.closing().encode())

    def _begin(self, path: Path, content: bytes) -> None:
        # Not `replacing`, which needs a library that predictions do without.
        partial = path.with_name(f".{path.name}.partial")
        with defer_signals():
            try:
                partial.write_bytes(content)
                partial.replace(path)
            finally:
                partial.unlink(missing_ok=True)

    def _append(self, path: Path, lines: bytes, closing: bytes) -> None:
        content = memoryview(lines + closing)
        with defer_signals(), path.open("r+b", buffering=0) as file:
            file.truncate(self._size)
            file.seek(self._size)
            try:
                while content:
                    content = content[file.write(content) :]
            except OSError:
                file.truncate(self._size)
                file.seek(self._size)
                file.write(self._closing)
                raise


def save(path: Path, form: Form[Item], items: Iterable[Item], beside: Mapping[Path, str] | None = None) -> None:
    """Write a file, all of it or nothing, one item at a time, so that memory is bounded.

    Args:
        beside: the texts of other files that belong to it.

    Raises:
        UserError: see `replacing`, and `line` of the form.
    """
    beside = beside or {}
    with replacing(path, *beside) as [file, *others]:
        with file.open("w", encoding="utf-8", newline="") as out:
            out.writelines(map(form.line, items))
            out.write(form.closing())
        for other, text in zip(others, beside.values(), strict=True):
            other.write_text(text, encoding="utf-8")


def print_lines(lines: bytes) -> None:
    """Write complete lines to standard output, and flush it."""
    with defer_signals():
        try:
            sys.stdout.buffer.write(lines)
            sys.stdout.buffer.flush()
        except OSError:
            # Python flushes standard output again when it exits; /dev/null keeps that from failing.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise
