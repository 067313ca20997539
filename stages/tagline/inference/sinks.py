"""Sinks: where answers go, a file or standard output, so that what is there ends with a whole line."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Protocol

from tagline.core.errors import UserError
from tagline.core.signals import defer_signals


class Sink(Protocol):
    def write(self, text: str) -> None:
        """Write some whole lines, or none of them."""


class StandardOutput:
    """What a person or another program reads at once."""

    def write(self, text: str) -> None:
        with defer_signals():
            try:
                sys.stdout.buffer.write(text.encode())
                sys.stdout.buffer.flush()
            except OSError as error:
                # Python flushes once more at the end: give it a place where that can't fail.
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                if isinstance(error, BrokenPipeError):
                    raise
                raise UserError(f"standard output: {error.strerror}") from None


class File:
    """A file, opened when there is something to write: until then an earlier one stays as it is.

    Args:
        path: where it is.
        size: how many bytes of an earlier one stay for good.
    """

    def __init__(self, path: Path, size: int = 0) -> None:
        self.path, self.size = path, size

    def write(self, text: str) -> None:
        content = memoryview(text.encode())
        with defer_signals(), self.path.open("r+b" if self.size else "wb", buffering=0) as file:
            file.truncate(self.size)
            file.seek(self.size)
            try:
                while content:
                    content = content[file.write(content) :]
            except OSError as error:
                file.truncate(self.size)
                raise UserError(f"{self.path}: {error.strerror}") from None
            self.size = file.tell()
