"""Windows of sub-words, the input of an encoder; labels of sub-words; array types."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
AnyInts = npt.NDArray[np.integer[Any]]
Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
AnyFloats = npt.NDArray[np.floating[Any]]
Bools = npt.NDArray[np.bool_]
LabelIds = npt.NDArray[np.int32]

# The target that PyTorch's cross entropy ignores.
IGNORED = -100
# The word id of a special token in Arrow files; transformers' `word_ids()` returns None for it.
NO_WORD = -1


@dataclass(frozen=True, eq=False)
class Windows:
    """Windows of some sentences, in flat arrays with offsets.

    A column has one array per record batch of data/tokenized, memory-mapped, or one array in all. With offsets 0 3 5,
    the first window has the values 0 to 3 of each column.

    Attributes:
        sentence: int (windows,), ascending.
        offsets: int (windows of the batch + 1,), per batch: the first sub-word of each window, then their number.
        input_ids: int32 (sub-words,), per batch: vocabulary ids.
        word_ids: int32 (sub-words,), per batch: the word in its sentence, `NO_WORD` for special tokens.
        labels: int64 (sub-words,), per batch: gold ids, `IGNORED` for sub-words without one; empty if unknown.
    """

    sentence: AnyInts
    offsets: Sequence[AnyInts]
    input_ids: Sequence[AnyInts]
    word_ids: Sequence[AnyInts]
    labels: Sequence[AnyInts] = ()

    def __len__(self) -> int:
        return len(self.sentence)

    @cached_property
    def lengths(self) -> Ints:
        """The number of sub-words of each window, special tokens included, int64 (windows,)."""
        return np.concatenate([np.diff(offsets) for offsets in self.offsets], dtype=np.int64)

    def labelled(self, once_per_word: bool = False, unknown: int = IGNORED) -> Ints:
        """The number of labels of each window, or of words with one, without the id ``unknown``, int64 (windows,)."""
        counted = [(labels != IGNORED) & (labels != unknown) for labels in self.labels]
        if once_per_word:
            counted = [is_labelled & is_first for is_labelled, is_first in zip(counted, self.first(), strict=True)]
        return self._count(counted)

    def words(self) -> Ints:
        """The number of words of each window, int64 (windows,); a part of a word counts."""
        columns = zip(self.first(), self.word_ids, strict=True)
        return self._count(is_first & (words != NO_WORD) for is_first, words in columns)

    def word_indices(self, begins: Ints) -> Ints:
        """The index of each sub-word's word among those of all sentences, or `NO_WORD`, int64 (sub-words,).

        Args:
            begins: int64 (sentences,), the first word of each sentence.
        """
        (words,) = self.word_ids
        return np.where(words == NO_WORD, NO_WORD, words + np.repeat(begins[self.sentence], self.lengths))

    def first(self) -> Iterator[Bools]:
        """Yield for each batch whether a sub-word is the first of its word in its window."""
        for words, offsets in zip(self.word_ids, self.offsets, strict=True):
            is_first = ~continues(words)
            starts = offsets[:-1][np.diff(offsets) > 0]
            is_first[starts] = True  # after another window
            yield is_first

    def _count(self, counted: Iterable[Bools]) -> Ints:
        # Running sums, differenced at the borders of the windows. Windows of the sub-words 1 0 1 and 1 0 have the sums
        # 0 1 1 2 3 3, which are 0 2 3 at the borders 0 3 5: two sub-words of the first count, one of the second.
        counts = []
        for is_counted, offsets in zip(counted, self.offsets, strict=True):
            sums = np.cumsum(np.concatenate([[False], is_counted]))
            counts.append(np.diff(sums[offsets]))
        return np.concatenate(counts)

    @cached_property
    def _batches(self) -> Ints:
        """The batch of each window, and its first sub-word in it, int64 (2, windows)."""
        starts = [offsets[:-1] for offsets in self.offsets]
        batch = np.repeat(np.arange(len(starts)), list(map(len, starts)))
        return np.stack([batch, np.concatenate(starts)])

    def values(self, column: Sequence[AnyInts], windows: AnyInts) -> list[AnyInts]:
        """The values of windows in a column, each a view of its array."""
        batches, starts = self._batches[:, windows]
        ends = starts + self.lengths[windows]
        spans = zip(batches.tolist(), starts.tolist(), ends.tolist(), strict=True)
        return [column[batch][start:end] for batch, start, end in spans]

    def of_sentences(self, start: int, end: int) -> Self:
        """Copy the windows of some sentences, numbered from 0, into one array per column."""
        first, last = np.searchsorted(self.sentence, [start, end])
        windows = self.take(np.arange(first, last))
        return replace(windows, sentence=windows.sentence - start)

    def take(self, windows: AnyInts) -> Self:
        """Copy some windows into one array per column."""
        return replace(
            self,
            sentence=self.sentence[windows],
            offsets=[np.concatenate([[0], np.cumsum(self.lengths[windows])])],
            input_ids=self._flat(self.input_ids, windows),
            word_ids=self._flat(self.word_ids, windows),
            labels=self._flat(self.labels, windows) if self.labels else (),
        )

    def _flat(self, column: Sequence[AnyInts], windows: AnyInts) -> list[AnyInts]:
        return [np.concatenate([column[0][:0], *self.values(column, windows)])]


def continues(word_ids: AnyInts) -> Bools:
    """Whether each sub-word is of the word of the one before; so are consecutive special tokens."""
    return np.diff(word_ids, prepend=NO_WORD) == 0


def align_labels(
    windows: Windows, words: Ints, labels: AnyInts, inside: list[int], label_all_tokens: bool, marks: Sequence[int] = ()
) -> Ints:
    """Label sub-words by one of the two rules of the Hugging Face course, chapter "Token classification".

    With B-PER as 1, I-PER as 2 and "Blackburn" split into three sub-words: 1 2 2 with ``label_all_tokens``, otherwise
    1 -100 -100; after a mark of a capital, which transformers' pipeline takes for a word, 1 2 -100.

    Args:
        windows: in one array per column.
        words: int64 (sub-words,), indices into ``labels``, or `NO_WORD`.
        labels: int (words,), label ids.
        marks: the sub-words that mark capitals.

    Returns:
        int64 (sub-words,), label ids, or `IGNORED`.
    """
    (ids,) = windows.input_ids
    (first,) = windows.first()
    is_first = first & (words != NO_WORD)
    is_later = ~first & (words != NO_WORD)
    if not label_all_tokens:
        is_later[1:] &= (is_first & np.isin(ids, marks))[:-1]
    aligned = np.full(len(words), IGNORED)
    aligned[is_first] = labels[words[is_first]]
    aligned[is_later] = np.asarray(inside)[labels[words[is_later]]]
    return aligned


def ranges(starts: AnyInts, sizes: AnyInts) -> Ints:
    """The numbers in some ranges, int64: starts 2, 5 and sizes 3, 2 give 2 3 4 5 6."""
    return np.arange(sizes.sum()) + np.repeat(starts - (np.cumsum(sizes) - sizes), sizes)
