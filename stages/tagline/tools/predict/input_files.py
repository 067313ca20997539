"""Sources of documents: the command line, a file or standard input, with a progress bar."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, BinaryIO

from tqdm import tqdm

from tagline.core.errors import UserError
from tagline.core.terminal import printable
from tagline.inference.documents import Document
from tagline.sources.formats.lines import decoded_lines
from tagline.tools.predict.readers import Reader


class Source:
    """Documents, read lazily.

    Args:
        name: what messages call the source.
        documents: its documents.
        file: what they are read from, if its size is known.
        bar: the progress bar.
    """

    def __init__(
        self, name: str, documents: Iterable[Document], file: BinaryIO | None = None, bar: tqdm[Any] | None = None
    ) -> None:
        self.name, self.documents = name, iter(documents)
        self._file, self._bar = file, bar

    def advance(self, count: int) -> None:
        """Advance the progress bar by a number of documents."""
        if self._bar is not None:
            self._bar.update(count if self._file is None else self._file.tell() - self._bar.n)


@contextmanager
def opened(path: Path | None, reader: Reader, show_progress: bool) -> Iterator[Source]:
    """Open a file or standard input.

    Args:
        path: the file; None: standard input.
        reader: of its format.
        show_progress: show a progress bar, if standard error is a terminal.

    Raises:
        UserError: standard input is closed; while documents are read: the file is malformed.
    """
    if path is None and sys.stdin is None:
        raise UserError("standard input is closed; expected a pipe, or --input FILE")
    name = "stdin" if path is None else str(path)
    with nullcontext(sys.stdin.buffer) if path is None else path.open("rb") as file:
        sized = file.seekable()
        size = (
            {"total": os.fstat(file.fileno()).st_size, "unit": "B", "unit_scale": True}
            if sized
            else {"unit": " documents"}
        )
        show_progress = show_progress and sys.stderr is not None
        with tqdm(desc=printable(name), disable=None if show_progress else True, **size) as bar:
            yield Source(name, reader(decoded_lines(file, name), name), file if sized else None, bar)
