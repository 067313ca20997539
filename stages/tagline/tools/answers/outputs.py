"""Outputs: items, such as tagged documents or annotation tasks, in a file or on standard output."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from tagline.core.errors import UserError
from tagline.core.outputs import replacing
from tagline.core.signals import defer_signals

Item = TypeVar("Item")
Given = TypeVar("Given", contravariant=True)


def check_writable(option: str, out: Path, is_folder: bool = False) -> None:
    """Check before any work that a program can write the file or folder that an option names.

    Raises:
        UserError: its folder does not exist or takes no file; or a file is expected, and something else is there.
    """
    if not out.parent.is_dir():
        raise UserError(f"{option} {out}: {out.parent} is not a folder; expected an existing one")
    try:
        tempfile.TemporaryFile(dir=out.parent).close()
    except OSError:
        raise UserError(f"{option} {out}: {out.parent} can't be written; expected a folder for new files") from None
    if not is_folder and out.is_dir():
        raise UserError(f"{option} {out}: a folder; expected a file")
    if not is_folder and out.exists() and not out.is_file():
        raise UserError(f"{option} {out}: a pipe or device; expected a file; to write there, use `> {out}`")


class Form(Protocol[Given]):
    """How items become text."""

    def line(self, item: Given) -> str:
        """Write the next item as complete lines."""

    def closing(self) -> str:
        """What follows the items so far; it makes a complete file of them."""


class Lines(Generic[Item]):
    """Items as lines, or as a list of JSON, whose brackets and commas begin lines.

    Args:
        line: writes an item as complete lines.
        is_list: write a list of JSON.
    """

    def __init__(self, line: Callable[[Item], str], is_list: bool = False) -> None:
        self._line, self._is_list, self._before = line, is_list, "[" if is_list else ""

    def line(self, item: Item) -> str:
        line, self._before = self._before + self._line(item), "," if self._is_list else ""
        return line

    def closing(self) -> str:
        return {"": "", "[": "[]\n", ",": "]\n"}[self._before]


class Output(Generic[Item]):
    """Items in a file or on standard output; of each `write` all of them or none.

    Args:
        path: the file, which is complete after each `write`; None: standard output.
        form: how items become text.
    """

    def __init__(self, path: Path | None, form: Form[Item]) -> None:
        self.path, self._form = path, form
        self._file = OutputFile(path) if path else None

    def write(self, items: Sequence[Item]) -> None:
        """Write some items."""
        lines = "".join(map(self._form.line, items))
        if self._file:
            self._file.write(lines, self._form.closing())
        else:
            print_lines(lines)

    def end(self) -> None:
        """Write what follows the last item; without any, empty an earlier file."""
        if self._file:
            self.write(())
        else:
            print_lines(self._form.closing())


def save(path: Path, form: Form[Item], items: Iterable[Item], beside: Mapping[Path, str] | None = None) -> None:
    """Write a file, all of it or nothing; one item at a time, so memory does not grow with their number.

    Args:
        path: an earlier file is replaced.
        form: how items become text.
        items: in the order of the file.
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


def print_lines(text: str) -> None:
    """Write some complete lines to standard output, and flush it."""
    with defer_signals():
        try:
            sys.stdout.buffer.write(text.encode())
            sys.stdout.buffer.flush()
        except OSError as error:
            # Python flushes standard output again when it exits; /dev/null keeps that from failing.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            if isinstance(error, BrokenPipeError):
                raise
            raise UserError(f"standard output: {error.strerror}") from None


class OutputFile:
    """A file that is first opened when there is something to write, so that an existing one stays until then."""

    def __init__(self, path: Path) -> None:
        self.path, self.size, self._end = path, 0, b""

    def write(self, text: str, end: str = "") -> None:
        """Write all of some complete lines, or none of them.

        Args:
            text: the lines.
            end: what makes a complete file of all lines so far; the next lines replace it.
        """
        lines, after = text.encode(), end.encode()
        content = memoryview(lines + after)
        with defer_signals(), self.path.open("r+b" if self.size else "wb", buffering=0) as file:
            file.truncate(self.size)
            file.seek(self.size)
            try:
                while content:
                    content = content[file.write(content) :]
            except OSError as error:
                file.truncate(self.size)
                file.seek(self.size)
                file.write(self._end)
                raise UserError(f"{self.path}: {error.strerror}") from None
        self.size, self._end = self.size + len(lines), after
