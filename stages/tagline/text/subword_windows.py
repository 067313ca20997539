"""Sub-word windows: sentences cut into the windows that an encoder reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from tokenizers import Tokenizer

from tagline.core import TOKENIZER_FILE
from tagline.labels import NO_WORD, Ints, Windows, ranges
from tagline.terminal import UserError
from tagline.text import case
from tagline.text.subwords import Subwords, Vocabulary, of_sentences, special_tokens


@dataclass(eq=False)
class WindowCutter:
    """Splits sentences into windows of sub-words.

    Attributes:
        one_by_one: whether each distinct word can be tokenised by itself (`subwords.one_by_one`).
        max_length: largest number of sub-words of a window, special tokens included.
        stride: largest number of sub-words that two consecutive windows share.
        lowercase: whether sentences whose capitals say nothing are read in small letters (`tagline.text.case`).

    Raises:
        UserError: the special tokens leave no room for words.
    """

    tokenizer: Tokenizer
    one_by_one: bool
    max_length: int
    stride: int
    lowercase: bool = False

    def __post_init__(self) -> None:
        self.vocabulary = Vocabulary(self.tokenizer)
        before, after = special_tokens(self.tokenizer)
        self.special_tokens = before, after
        self.capacity = self.max_length - len(before) - len(after)
        if self.capacity < 1:
            raise UserError(
                f"{TOKENIZER_FILE}: {len(before) + len(after)} special tokens around each window; expected "
                f"fewer than max_length, which is {self.max_length}; raise it, or choose another encoder"
            )

    def cut(self, distinct: Sequence[str], index: Ints, ends: Ints) -> tuple[Windows, Ints]:
        """Split some sentences into windows.

        Every word with sub-words is in at least one window of its sentence. A sentence without sub-words has a window
        of special tokens only.

        Args:
            distinct: the distinct words.
            index: int64 (words,), the words of all sentences as indices into ``distinct``.
            ends: int64 (sentences,), where each sentence ends among these.

        Returns:
            The windows, without labels, and the number of sub-words of each word before truncation to a window, int64
            (words,).

        Raises:
            UserError: the tokenizer fails on a word.
        """
        subwords = self._tokenize(distinct, index, ends)
        begins = ends - np.diff(ends, prepend=0)
        counts = subwords.counts
        subwords = subwords.shortened(self.capacity)
        windows = cut_ranges(subwords.counts, begins, ends, self.capacity, self.stride)
        return self._lay_out(subwords, windows, begins), counts

    def cut_words(self, words: Sequence[str], ends: Ints) -> tuple[Windows, Ints]:
        """Like `cut`, given the words of all sentences."""
        distinct = {word: index for index, word in enumerate(dict.fromkeys(words))}
        index = np.fromiter(map(distinct.__getitem__, words), dtype=np.int64, count=len(words))
        return self.cut(list(distinct), index, ends)

    def _lay_out(self, subwords: Subwords, windows: WordRanges, begins: Ints) -> Windows:
        before, after = self.special_tokens
        ids = np.append(subwords.ids, np.array([*before, *after], np.int32))  # an empty list alone would be of floats
        words = np.repeat(np.arange(len(subwords.counts)), subwords.counts)
        words = np.append(words, np.full(len(before) + len(after), NO_WORD))
        borders = _borders(subwords.counts)
        end = len(subwords.ids)
        starts = np.broadcast_arrays(end, borders[windows.begin], end + len(before))
        sizes = np.broadcast_arrays(len(before), borders[windows.end] - borders[windows.begin], len(after))
        positions = ranges(np.stack(starts, axis=1).ravel(), np.stack(sizes, axis=1).ravel())
        lengths: Ints = np.sum(sizes, axis=0)
        words = words[positions]
        in_sentence = words - np.repeat(begins[windows.sentence], lengths)
        return Windows(
            sentence=windows.sentence,
            offsets=[_borders(lengths).astype(np.int32)],
            input_ids=[ids[positions]],
            word_ids=[np.where(words == NO_WORD, NO_WORD, in_sentence).astype(np.int32)],
        )

    def _tokenize(self, distinct: Sequence[str], index: Ints, ends: Ints) -> Subwords:
        """The sub-words of each word, as it is read."""
        if self.lowercase:
            is_small = ~case.informative(distinct, index, ends)
            distinct, index = case.lowered(distinct, index, np.repeat(is_small, np.diff(ends, prepend=0)))
        if self.one_by_one:
            return self.vocabulary.subwords(distinct).take(index)
        flat = [distinct[word] for word in index.tolist()]
        return of_sentences(self.tokenizer, [flat[begin:end] for begin, end in pairwise([0, *ends.tolist()])])


class WordRanges(NamedTuple):
    """Each window's sentence, and its words from ``begin`` to ``end`` (exclusive) among those of all sentences."""

    sentence: Ints
    begin: Ints
    end: Ints


def cut_ranges(counts: Ints, begins: Ints, ends: Ints, capacity: int, stride: int) -> WordRanges:
    """Split sentences into windows, all at once: each pass makes the next window of the sentences that go on.

    Args:
        counts: int64 (words,), sub-words of each word, none above ``capacity``.
        begins: int64 (sentences,), the first word of each sentence, ascending.
        ends: int64 (sentences,), where each ends.
        capacity: largest number of sub-words of a window, without special tokens.
        stride: largest number of sub-words that two consecutive windows share: whole words, so perhaps fewer or none.

    Returns:
        The windows in the order of the sentences, with every word. Words of 2, 2 and 3 sub-words with capacity 5 and
        stride 2 give windows of words 0 to 2 and 1 to 3.
    """
    borders = _borders(counts)
    passes = []
    sentence = np.arange(len(ends))
    begin = begins
    while len(sentence):
        last = ends[sentence]
        end = np.minimum(np.searchsorted(borders, borders[begin] + capacity, side="right") - 1, last)
        passes.append(WordRanges(sentence, begin, end))
        goes_on = end < last
        sentence = sentence[goes_on]
        end = end[goes_on]
        # The next window must have at least one new word, so it begins late enough for the word after this window.
        reach = borders[np.searchsorted(borders, borders[end], side="right")] - capacity
        begin = np.searchsorted(borders, np.maximum(borders[end] - stride, reach), side="left")
    if not passes:
        return WordRanges(ends, ends, ends)
    sentence = np.concatenate([windows.sentence for windows in passes])
    order = np.argsort(sentence, kind="stable")
    return WordRanges(
        sentence[order],
        np.concatenate([windows.begin for windows in passes])[order],
        np.concatenate([windows.end for windows in passes])[order],
    )


def _borders(counts: Ints) -> Ints:
    """Where words begin among the sub-words, then the end."""
    return np.concatenate([[0], np.cumsum(counts)])
