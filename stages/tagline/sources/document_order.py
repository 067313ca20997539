"""Documents: consecutive sentences of one text, whose order is kept and which are drawn for a split as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from tagline.core.errors import UserError
from tagline.core.terminal import quoted
from tagline.text.sentence import Sentence


def consecutive(sentences: Iterable[Sentence]) -> Iterator[Sentence]:
    """Yield the sentences of a split unchanged; memory grows with its documents.

    Raises:
        UserError: other sentences stand between those of a document.
    """
    locations: dict[str | int, str] = {}
    current: str | int | None = None
    for sentence in sentences:
        document = sentence.document
        if document is not None and document != current:
            if document in locations:
                raise UserError(
                    f"{sentence.location}: document {quoted(document)} began at {locations[document]}, but other "
                    "sentences stand between; expected the sentences of a document one after the other; sort them by "
                    "document, or give each document its own id"
                )
            locations[document] = sentence.location
        current = document
        yield sentence


def whole(sentences: Iterable[Sentence]) -> Iterator[list[Sentence]]:
    """Yield the sentences of each document together, and each sentence without a known document by itself."""
    for document, group in groupby(sentences, key=lambda sentence: sentence.document):
        if document is None:
            yield from ([sentence] for sentence in group)
        else:
            yield list(group)
