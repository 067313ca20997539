"""Outputs of `tagline predict`: lines in a file or on standard output, or a folder for brat."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

from tagline.core.errors import UserError, extra
from tagline.core.signals import defer_signals
from tagline.inference.documents import Document
from tagline.labels.tagged import TaggedSentence
from tagline.tools.annotation import brat_tasks
from tagline.tools.predict.notations import Notation, to_task


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


class LineOutput:
    """Lines in a file or on standard output; of each `write` all of them or none.

    Args:
        notation: the format.
        path: the file; None: standard output.
    """

    def __init__(self, notation: Notation, path: Path | None) -> None:
        self.notation, self.path, self.before = notation, path, "["
        self._write = OutputFile(path).write if path else print_lines

    def write(self, documents: Sequence[tuple[Document, TaggedSentence]]) -> None:
        """Write some documents."""
        parts, before = [], self.before
        for document, tagged in documents:
            if document.words or self.notation.with_empty:
                parts.append((before if self.notation.is_list else "") + self.notation.lines(document, tagged))
                before = ","
        self._write("".join(parts))
        self.before = before

    def end(self) -> None:
        """Write what follows the last document; without any, empty an earlier file."""
        closing = "]\n" if self.before == "," else "[]\n"
        self._write(closing if self.notation.is_list else "")


class PageFile:
    """An annotation page, which is complete after each `write`; documents without words are left out.

    Args:
        path: the HTML file.
        types: the entity types.
        guideline: a file with a text to show, if any.

    Raises:
        UserError: Jinja is not installed; see also `page.check`.
    """

    def __init__(self, path: Path, types: Sequence[str], guideline: Path | None) -> None:
        with extra("pipeline", "The annotation page"):
            from tagline.tools.annotation import page
        self.path, self.number, self._of_task = path, 0, page.of_task
        self._page = page.Page(types, page.check("--output", path, guideline))
        self._file = OutputFile(path)

    def write(self, documents: Sequence[tuple[Document, TaggedSentence]]) -> None:
        parts = [] if self._file.size else [self._page.opening()]
        for document, tagged in documents:
            if document.words:
                self.number += 1
                parts.append(self._page.line(self._of_task(to_task(document, tagged), self.number)))
        self._file.write("".join(parts), self._page.closing())

    def end(self) -> None:
        self.write(())
        if not self.number:
            warnings.warn(f"{self.path}: no text to annotate", stacklevel=2)


class BratFolder:
    """A folder for brat, written as `LineOutput` writes lines; documents without words are left out.

    Args:
        path: a new or empty folder.
        types: the entity types.

    Raises:
        UserError: see `brat_tasks.check`.
    """

    def __init__(self, path: Path, types: Sequence[str]) -> None:
        brat_tasks.check(path, types)
        self.path, self.types, self.number = path, types, 0

    def write(self, documents: Sequence[tuple[Document, TaggedSentence]]) -> None:
        if not self.number:
            brat_tasks.start(self.path, self.types)
        for document, tagged in documents:
            if document.words:
                self.number += 1
                brat_tasks.write(to_task(document, tagged), self.path, self.number)

    def end(self) -> None:
        self.write(())
