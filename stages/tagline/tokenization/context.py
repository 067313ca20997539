"""Context: the neighbouring sentences of a document that a chunk's windows read, also across the borders of chunks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from tokenizers import Tokenizer

from tagline.artifacts.raw_data import WORDS
from tagline.core.names import DOCUMENT
from tagline.labels.windows import Ints
from tagline.tokenization import subwords


def with_neighbours(
    chunks: Iterable[pa.RecordBatch], tokenizer: Tokenizer, least: int
) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch, pa.RecordBatch]]:
    """Yield each chunk between the sentences of its documents directly before and after it, which are only read.

    Args:
        chunks: of data/raw, one after the other; each but the last has at least ``least`` sub-words. Two are in memory.
        tokenizer: counts the sub-words.
        least: the number of sub-words on each side, unless the document has fewer; 0 adds no sentences and reads no
            chunk ahead.
    """
    if not least:
        yield from ((chunk[:0], chunk, chunk[:0]) for chunk in chunks)
        return
    before: pa.RecordBatch | None = None
    for chunk, following in pairwise(chain(chunks, [None])):
        after = chunk[:0] if following is None else _head(following, chunk, tokenizer, least)
        yield chunk[:0] if before is None else before, chunk, after
        before = None if following is None else _tail(chunk, following, tokenizer, least)


def document_numbers(batch: pa.RecordBatch) -> Ints:
    """Number the documents of a batch from 0, int64 (sentences,): documents a a b give 0 0 1."""
    documents = batch[DOCUMENT]
    changes = pc.not_equal(documents[1:], documents[:-1]).to_numpy(zero_copy_only=False)
    return np.concatenate([[0], np.cumsum(changes, dtype=np.int64)])


def _head(batch: pa.RecordBatch, before: pa.RecordBatch, tokenizer: Tokenizer, least: int) -> pa.RecordBatch:
    """First sentences of a batch that continue the last document of the batch before it."""
    return batch[: _count(batch, range(batch.num_rows), before[DOCUMENT][-1].as_py(), tokenizer, least)]


def _tail(batch: pa.RecordBatch, after: pa.RecordBatch, tokenizer: Tokenizer, least: int) -> pa.RecordBatch:
    """Last sentences of a batch whose document continues in the next batch."""
    rows = range(batch.num_rows - 1, -1, -1)
    return batch[batch.num_rows - _count(batch, rows, after[DOCUMENT][0].as_py(), tokenizer, least) :]


def _count(batch: pa.RecordBatch, rows: Iterable[int], document: str, tokenizer: Tokenizer, least: int) -> int:
    """The number of rows, from the first on, that are of a document, until they have enough sub-words."""
    count = found = 0
    for row in rows:
        if found >= least or batch[DOCUMENT][row].as_py() != document:
            break
        found += len(subwords.of_sentences(tokenizer, [batch[WORDS][row].as_py()]).ids)
        count += 1
    return count
