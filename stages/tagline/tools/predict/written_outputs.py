"""Outputs of predict.py: documents as lines in a file or on standard output, or as a folder for brat."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from tagline.inference.documents import Document
from tagline.labels.tagged import TaggedSentence
from tagline.tools.annotation import brat_tasks
from tagline.tools.predict.notations import Notation, to_task
from tagline.tools.predict.sinks import OutputFile, Sink


class Output(Protocol):
    """Receives labelled documents in order."""

    def write(self, documents: Sequence[tuple[Document, TaggedSentence]]) -> None:
        """Write some documents."""

    def end(self) -> None:
        """Write what follows the last document."""

    def so_far(self, done: int) -> str:
        """Say after an error what the output contains; ``done``: the number of documents."""


class LineOutput:
    """Lines in a file or on standard output; of each `write` all of them or none.

    Args:
        notation: the format.
        sink: where to write.
    """

    def __init__(self, notation: Notation, sink: Sink) -> None:
        self.notation, self.sink, self.empty = notation, sink, True

    def write(self, documents: Sequence[tuple[Document, TaggedSentence]]) -> None:
        parts = []
        empty = self.empty
        for document, tagged in documents:
            if self.notation.includes(document):
                parts += [self.notation.before(empty), self.notation.write(document, tagged)]
                empty = False
        self.sink.write("".join(parts))
        self.empty = empty

    def end(self) -> None:
        self.sink.write(self.notation.end(self.empty))

    def so_far(self, done: int) -> str:
        if not done or not isinstance(self.sink, OutputFile):
            return ""
        return f"; {self.sink.path} has the {done:,} documents before it"


class BratFolder:
    """A folder for brat; documents without words are left out.

    Args:
        folder: new or empty.
        types: the entity types.

    Raises:
        UserError: see `brat_tasks.check`.
    """

    def __init__(self, folder: Path, types: Sequence[str]) -> None:
        brat_tasks.check(folder, types)
        self.folder, self.types = folder, types
        self.number = 0

    def write(self, documents: Sequence[tuple[Document, TaggedSentence]]) -> None:
        if not self.number:
            brat_tasks.start(self.folder, self.types)
        for document, tagged in documents:
            if document.words:
                self.number += 1
                brat_tasks.write(to_task(document, tagged), self.folder, self.number)

    def end(self) -> None:
        if not self.number:
            brat_tasks.start(self.folder, self.types)

    def so_far(self, done: int) -> str:
        return f"; {self.folder} has the {done:,} documents before it" if done else ""
