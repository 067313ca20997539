"""Context: the neighbouring sentences of a document that windows read, also across chunks."""

from collections.abc import Iterable, Iterator
from itertools import chain, pairwise
from typing import NamedTuple

import pyarrow as pa

from tagline.artifacts.raw_data import WORDS
from tagline.core import DOCUMENT
from tagline.text.subword_windows import WindowCutter


class Neighbours(NamedTuple):
    """Sentences between those before and after them, which are only read."""

    before: pa.RecordBatch
    sentences: pa.RecordBatch
    after: pa.RecordBatch


def with_neighbours(chunks: Iterable[pa.RecordBatch], cutter: WindowCutter) -> Iterator[Neighbours]:
    """Yield each chunk between the sentences of its documents directly before and after it.

    Args:
        chunks: of data/raw, one after the other; each but the last has at least as many sub-words as the context. Two
            are in memory.
        cutter: has the size of the context on each side; without context, no sentences are added and no chunk is read
            ahead.
    """
    if not cutter.context:
        for chunk in chunks:
            yield Neighbours(chunk[:0], chunk, chunk[:0])
        return
    before: pa.RecordBatch | None = None
    for chunk, following in pairwise(chain(chunks, [None])):
        nothing = chunk[:0]
        after = nothing if following is None else _head(following, chunk, cutter)
        yield Neighbours(nothing if before is None else before, chunk, after)
        before = None if following is None else _tail(chunk, following, cutter)


def _head(batch: pa.RecordBatch, before: pa.RecordBatch, cutter: WindowCutter) -> pa.RecordBatch:
    """First sentences of a batch that continue the document before it."""
    return batch[: _count(batch, range(batch.num_rows), before[DOCUMENT][-1].as_py(), cutter)]


def _tail(batch: pa.RecordBatch, after: pa.RecordBatch, cutter: WindowCutter) -> pa.RecordBatch:
    """Last sentences of a batch whose document continues after it."""
    rows = range(batch.num_rows - 1, -1, -1)
    return batch[batch.num_rows - _count(batch, rows, after[DOCUMENT][0].as_py(), cutter) :]


def _count(batch: pa.RecordBatch, rows: Iterable[int], document: int, cutter: WindowCutter) -> int:
    """The number of rows of a document until they have all sub-words of the context."""
    count = 0
    subwords = 0
    for row in rows:
        if subwords >= cutter.context or batch[DOCUMENT][row].as_py() != document:
            break
        subwords += cutter.fewest_subwords(batch[WORDS][row].as_py())
        count += 1
    return count
