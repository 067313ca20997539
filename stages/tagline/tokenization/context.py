"""Context: the neighbouring sentences of a document that a chunk's windows read, also across the borders of chunks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from tokenizers import Tokenizer

from tagline.artifacts.raw_data import WORDS
from tagline.core.names import DOCUMENT
from tagline.labels.arrays import Ints
from tagline.tokenization import subwords


@dataclass(frozen=True)
class Surrounded:
    """A chunk of sentences with those around it.

    Attributes:
        chunk: the sentences to make windows of.
        before, after: sentences of the same documents directly before and after it, which are only read.
    """

    chunk: pa.RecordBatch
    before: pa.RecordBatch
    after: pa.RecordBatch

    @property
    def all(self) -> pa.RecordBatch:
        """All of the sentences; the chunk itself if there are none around it."""
        around = self.before.num_rows + self.after.num_rows
        return pa.concat_batches([self.before, self.chunk, self.after]) if around else self.chunk


def surrounded(chunks: Iterable[pa.RecordBatch], tokenizer: Tokenizer, least: int) -> Iterator[Surrounded]:
    """Yield each chunk with as many sentences around it as have a number of sub-words, or as its documents have.

    Args:
        chunks: of data/raw, one after the other; each but the last has at least so many sub-words. Two are in memory.
        tokenizer: counts the sub-words.
        least: the number of sub-words on each side; 0 adds no sentences and reads no chunk ahead.
    """
    if not least:
        yield from (Surrounded(chunk, chunk[:0], chunk[:0]) for chunk in chunks)
        return
    before: pa.RecordBatch | None = None
    for chunk, following in pairwise(chain(chunks, [None])):
        after = chunk[:0] if following is None else _head(following, chunk, tokenizer, least)
        yield Surrounded(chunk, chunk[:0] if before is None else before, after)
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
