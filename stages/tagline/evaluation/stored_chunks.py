"""Stored chunks: the scores of a split on disk, to decode them several times."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import numpy as np

from tagline.core.errors import UserError
from tagline.core.reading import full_disk
from tagline.model.prediction import Chunk


class StoredChunks:
    """Chunks whose scores are in a file; each iteration reads one at a time."""

    def __init__(self, chunks: Iterable[Chunk], file: IO[bytes]) -> None:
        self._file = file
        self._without_scores: list[Chunk] = []
        for chunk in chunks:
            file.write(chunk.scores.tobytes())
            self._without_scores.append(chunk._replace(scores=np.empty((0, chunk.scores.shape[1]), np.float32)))
        file.flush()

    def __iter__(self) -> Iterator[Chunk]:
        self._file.seek(0)
        for chunk in self._without_scores:
            labels = chunk.scores.shape[1]
            content = self._file.read(len(chunk.seen) * labels * chunk.scores.itemsize)
            yield chunk._replace(scores=np.frombuffer(content, np.float32).reshape(-1, labels))


@contextmanager
def stored(chunks: Iterable[Chunk], folder: Path) -> Iterator[StoredChunks]:
    """Store chunks in a temporary file of a folder, which the system removes even if the process is killed.

    Raises:
        UserError: the disk is full.
    """
    with TemporaryFile(dir=folder) as file:
        try:
            on_disk = StoredChunks(chunks, file)
        except OSError as error:
            if (reason := full_disk(error)) is None:
                raise
            raise UserError(
                f"{folder}: {reason}; expected room for the scores of validation, 4 bytes per word and label; free "
                "some, then run the stage again"
            ) from None
        yield on_disk
