"""Resuming: what a file of answers holds already."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tagging.faults import Fault
from tagging.predict.documents import Document
from tagging.predict.forms import Form


def resume(path: Path, form: Form, documents: Iterator[Document], source: str) -> tuple[int, int]:
    """Take from the documents those that a file has answers for.

    Args:
        path: a file that an earlier run wrote.
        form: how it was to be written.
        documents: all of the input; those that are left are yet to be labelled.
        source: what messages call the input.

    Returns:
        How many were taken, and the bytes of their answers; what follows in the file was never finished.

    Raises:
        Fault: the file has answers for other documents.
    """
    count, whole = 0, 0
    written = b""
    with path.open("rb") as file:
        for line in file:
            written += line
            if not form.closes(line):
                continue
            document = next((each for each in documents if form.holds(each)), None)
            if document is None:
                raise Fault(
                    f"{path} has answers for more than the {count:,} documents of {source}: is it of another input?"
                )
            if not form.fits(written.decode(errors="replace"), document):
                raise Fault(
                    f"{path} was made from another input, or in another format: "
                    f"answer {count + 1:,} there is not that for {document.place}"
                )
            count += 1
            whole += len(written)
            written = b""
    return count, whole
