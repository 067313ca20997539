"""Sinks: output to a file or to standard output, always in complete lines."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Protocol

from tagline.core.errors import UserError
from tagline.core.signals import defer_signals


class Sink(Protocol):
    """Receives the output."""

    def write(self, text: str) -> None:
        """Write all of some complete lines, or none of them."""


class StandardOutput:
    """Standard output, flushed after each write."""

    def write(self, text: str) -> None:
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
        self.path, self.size = path, 0

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
