"""Tagging of rows: the answers of predict.py, and a reason for each row that can't be labelled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice, tee
from typing import Any

import pyarrow as pa

from tagline.core.errors import UserError
from tagline.core.terminal import shortened
from tagline.inference import Document, Tagger
from tagline.tools.bulk.columns import PROBLEM, answers
from tagline.tools.bulk.rows import Column, Rows
from tagline.tools.predict.notations import predictions
from tagline.tools.predict.readers import are_words


def tag(batches: Iterable[Rows], tagger: Tagger, column: Column, url: str, schema: pa.Schema) -> Iterator[pa.Table]:
    """Label rows as a stream, and yield each batch with its position and answers.

    Args:
        batches: of one file.
        tagger: labels them.
        column: what is labelled.
        url: of the file.
        schema: of the output.
    """
    if not column.is_words:
        tagger.split("")  # a missing library is an error of the run, not of each row
    batches, ahead = tee(batches)
    documents = (document for batch in ahead for document in _documents(batch, column, tagger))
    tagged = chain.from_iterable(tagger.tag_stream(documents))
    for batch in batches:
        found = [
            {PROBLEM: document.row[PROBLEM]} if PROBLEM in document.row else predictions(document, sentence)
            for document, sentence in islice(tagged, len(batch.numbers))
        ]
        added = [pa.array([row.get(field.name) for row in found], field.type) for field in answers(column)]
        position = [pa.array([url] * len(found)), pa.array(batch.numbers, pa.int64())]
        yield pa.Table.from_arrays([*position, *batch.columns.columns, *added], schema=schema)


def _documents(batch: Rows, column: Column, tagger: Tagger) -> Iterator[Document]:
    """Yield a document per row; one that can't be labelled has no words, and the reason in its row."""
    for value, problem in zip(batch.values, batch.problems, strict=True):
        try:
            if problem is not None:
                raise UserError(problem)
            yield _document(value, column, tagger)
        except UserError as error:
            yield Document.of_words([], row={PROBLEM: str(error)})


def _document(value: Any, column: Column, tagger: Tagger) -> Document:
    """Make a document of a value of the column.

    Raises:
        UserError: it is not a string or, for words, a list of non-empty strings; or UTF-8 can't encode it.
    """
    if not column.is_words:
        if not isinstance(value, str):
            raise UserError(f"{column.name!r} is {_shown(value)}; expected a string")
        return tagger.document(value, column.name)
    if not are_words(value):
        raise UserError(f"{column.name!r} is {_shown(value)}; expected a list of non-empty strings")
    return Document.of_words(value, column.name)


def _shown(value: Any) -> str:
    return "null" if value is None else shortened(repr(value))
