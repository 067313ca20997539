"""Sinks: where answers go, a file or standard output, so that what is there ends with a whole line."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Protocol

from tagging.faults import Fault
from tagging.interruption import SIGNALS


class Sink(Protocol):
    def write(self, text: str) -> None:
        """Write some whole lines, or none of them."""


class StandardOutput:
    """What a person or another program reads at once."""

    def write(self, text: str) -> None:
        with interrupted_later():
            try:
                sys.stdout.buffer.write(text.encode())
                sys.stdout.buffer.flush()
            except OSError as error:
                # Python flushes once more at the end: give it a place where that can't fail.
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                if isinstance(error, BrokenPipeError):
                    raise
                raise Fault(f"standard output: {error.strerror}") from None


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
        with interrupted_later(), self.path.open("r+b" if self.size else "wb", buffering=0) as file:
            file.truncate(self.size)
            file.seek(self.size)
            try:
                while content:
                    content = content[file.write(content) :]
            except OSError as error:
                file.truncate(self.size)
                raise Fault(f"{self.path}: {error.strerror}") from None
            self.size = file.tell()


@contextmanager
def interrupted_later() -> Iterator[None]:
    """Let a first signal to end wait for the end of the block, which is short; a second one does not wait."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    heeded = [number for number, handler in before.items() if callable(handler)]
    held: list[int] = []

    def restore() -> None:
        while heeded:
            number = heeded.pop()
            signal.signal(number, before[number])

    def hold(number: int, _: FrameType | None) -> None:
        if held:
            restore()
            signal.raise_signal(number)
        held.append(number)

    for number in heeded:
        signal.signal(number, hold)
    try:
        yield
    finally:
        restore()
    if held:
        signal.raise_signal(held[0])
