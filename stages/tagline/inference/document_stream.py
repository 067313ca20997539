"""Stream of documents with look-behind and look-ahead for context."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from tokenizers import Tokenizer

from tagline.inference.documents import Document
from tagline.tokenization import subwords


class DocumentStream:
    """Yields documents in order, and reads ahead only as far as a part of them needs context.

    Args:
        documents: the stream.
        tokenizer: counts sub-words.
        context: the number of sub-words that are needed on each side; 0 reads nothing ahead.
    """

    def __init__(self, documents: Iterable[Document], tokenizer: Tokenizer, context: int) -> None:
        self._documents, self._tokenizer, self._context = iter(documents), tokenizer, context
        self._ahead: deque[Document] = deque()
        self._before: list[Document] = []

    def __iter__(self) -> Iterator[Document]:
        return self

    def __next__(self) -> Document:
        return self._ahead.popleft() if self._ahead else next(self._documents)

    def around(self, part: Sequence[Document]) -> tuple[list[Document], list[Document]]:
        """The documents before and after the last ones that the stream yielded, as far as their text continues."""
        if not self._context:
            return [], []
        before, after = self._before, list(self._following())
        self._before = self._last([*before, *part]) if after else []
        return before, after

    def _following(self) -> Iterator[Document]:
        found = index = 0
        while found < self._context:
            if index == len(self._ahead):
                self._ahead.extend(islice(self._documents, 1))
            if index == len(self._ahead) or not self._ahead[index].continues:
                return
            found += self._size(self._ahead[index])
            yield self._ahead[index]
            index += 1

    def _last(self, documents: Sequence[Document]) -> list[Document]:
        found = 0
        for index in range(len(documents) - 1, -1, -1):
            found += self._size(documents[index])
            if found >= self._context or not documents[index].continues:
                return list(documents[index:])
        return list(documents)

    def _size(self, document: Document) -> int:
        return len(subwords.of_sentences(self._tokenizer, [document.words]).ids)
