"""Resuming: what a file of answers holds already."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tagline.core.errors import UserError
from tagline.inference.documents import Document
from tagline.inference.notations import Notation


def resume(path: Path, notation: Notation, documents: Iterator[Document], source: str) -> tuple[int, int]:
    """Take from the documents those that a file has answers for.

    Args:
        path: what an earlier run wrote.
        notation: how it was to be written.
        documents: all of the input; those that are left are yet to be labelled.
        source: what messages call the input.

    Returns:
        How many were taken, and the bytes of their answers; what follows these was never finished.

    Raises:
        UserError: the file has answers for other documents, or none that is whole, so that it may be anything.
    """
    count = size = 0
    written = b""
    with path.open("rb") as file:
        for line in file:
            written += line
            if not notation.closes(line):
                continue
            for document in documents:
                count += 1
                if notation.holds(document):
                    break
            else:
                raise UserError(
                    f"{path} goes on after the {count:,} documents of {source}: it was made from another input"
                )
            if not notation.fits(written.decode(errors="replace"), document):
                raise UserError(
                    f"{path} was made from another input, or in another format: "
                    f"its answer for {document.place} is another one"
                )
            size += len(written)
            written = b""
    if written and not size:
        raise UserError(f"{path} holds no whole answer, so it may be another file: begin anew without --resume")
    return count, size
