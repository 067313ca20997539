"""Resuming: find out what an output file already contains."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tagline.core.errors import UserError
from tagline.inference.documents import Document
from tagline.inference.notations import Notation


def resume(path: Path, notation: Notation, documents: Iterator[Document], source: str) -> tuple[int, int]:
    """Skip the documents that an output file already contains.

    Args:
        path: the output of an earlier run.
        notation: its format.
        documents: the whole input; afterwards those that are left to label.
        source: what messages call the input.

    Returns:
        The number of skipped documents, and the size of their output in bytes; what follows in the file is incomplete.

    Raises:
        UserError: the file contains other documents, or no complete one, so that it may be another file.
    """
    count = size = 0
    written = b""
    with path.open("rb") as file:
        for line in file:
            written += line
            if not notation.ends_document(line):
                continue
            for document in documents:
                count += 1
                if notation.includes(document):
                    break
            else:
                raise UserError(
                    f"{path}: more documents than the {count:,} of {source}; expected the output of the same input"
                )
            if not notation.matches(written.decode(errors="replace"), document):
                raise UserError(
                    f"{path}: does not match {document.name}; expected the output of the same input in the same format"
                )
            size += len(written)
            written = b""
    if written and not size:
        raise UserError(f"{path}: no complete document, so it may be another file; start again without --resume")
    return count, size
