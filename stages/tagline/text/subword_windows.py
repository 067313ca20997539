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
        context: largest number of sub-words of the same document on each side of a window's own.
        lowercase: whether sentences whose capitals say nothing are read in small letters (`tagline.text.case`).

    Raises:
        UserError: the special tokens leave no room for words.
    """

    tokenizer: Tokenizer
    one_by_one: bool
    max_length: int
    stride: int
    context: int = 0
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

    def cut(
        self, distinct: Sequence[str], index: Ints, ends: Ints, documents: Ints | None = None, own: slice = slice(None)
    ) -> tuple[Windows, Ints]:
        """Split some sentences into windows.

        Every word with sub-words is in at least one window of its sentence. A sentence without sub-words has a window
        of special tokens only.

        Args:
            distinct: the distinct words.
            index: int64 (words,), the words of all sentences as indices into ``distinct``.
            ends: int64 (sentences,), where each sentence ends among these.
            documents: int64 (sentences,), ascending; None: each sentence is its own document.
            own: the sentences that get windows, numbered from 0; the others are only context.

        Returns:
            The windows, without labels, and the number of sub-words of each word of the own sentences before truncation
            to a window, int64 (words,).

        Raises:
            UserError: the tokenizer fails on a word.
        """
        subwords = self._tokenize(distinct, index, ends)
        begins = ends - np.diff(ends, prepend=0)
        of_own = subwords.counts[begins[own].min(initial=len(index)) : ends[own].max(initial=0)]
        subwords = subwords.shortened(self.capacity)
        windows = read = cut_ranges(subwords.counts, begins[own], ends[own], self.capacity, self.stride)
        if self.context and documents is not None:
            of_windows = documents[own][windows.sentence]
            first = begins[np.searchsorted(documents, of_windows, side="left")]
            last = ends[np.searchsorted(documents, of_windows, side="right") - 1]
            read = extended(windows, subwords.counts, first, last, self.capacity, self.context)
        return self._lay_out(subwords, windows, read, begins[own]), of_own

    def cut_words(
        self, words: Sequence[str], ends: Ints, documents: Ints | None = None, own: slice = slice(None)
    ) -> tuple[Windows, Ints]:
        """Like `cut`, given the words of all sentences."""
        distinct = {word: index for index, word in enumerate(dict.fromkeys(words))}
        index = np.fromiter(map(distinct.__getitem__, words), dtype=np.int64, count=len(words))
        return self.cut(list(distinct), index, ends, documents, own)

    def _lay_out(self, subwords: Subwords, windows: WordRanges, read: WordRanges, begins: Ints) -> Windows:
        before, after = self.special_tokens
        ids = np.append(subwords.ids, np.array([*before, *after], np.int32))  # an empty list alone would be of floats
        words = np.repeat(np.arange(len(subwords.counts)), subwords.counts)
        words = np.append(words, np.full(len(before) + len(after), NO_WORD))
        borders = _borders(subwords.counts)
        end = len(subwords.ids)
        starts = np.broadcast_arrays(end, borders[read.begin], end + len(before))
        sizes = np.broadcast_arrays(len(before), borders[read.end] - borders[read.begin], len(after))
        positions = ranges(np.stack(starts, axis=1).ravel(), np.stack(sizes, axis=1).ravel())
        lengths: Ints = np.sum(sizes, axis=0)
        words = words[positions]
        is_own = (np.repeat(windows.begin, lengths) <= words) & (words < np.repeat(windows.end, lengths))
        in_sentence = words - np.repeat(begins[windows.sentence], lengths)
        return Windows(
            sentence=windows.sentence,
            offsets=[_borders(lengths).astype(np.int32)],
            input_ids=[ids[positions]],
            word_ids=[np.where(is_own, in_sentence, NO_WORD).astype(np.int32)],
        )

    def fewest_subwords(self, words: Sequence[str]) -> int:
        """The least number of sub-words of some words, in whatever case they are read.

        Raises:
            UserError: the tokenizer fails on a word.
        """
        counts = of_sentences(self.tokenizer, [words]).counts
        if self.lowercase:
            small = of_sentences(self.tokenizer, [[word.lower() for word in words]])
            counts = np.minimum(counts, small.counts)
        return int(counts.sum())

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


def extended(windows: WordRanges, counts: Ints, begins: Ints, ends: Ints, capacity: int, context: int) -> WordRanges:
    """Add whole words of the same document before and after each window.

    Args:
        windows: what `cut_ranges` returned.
        counts: int64 (words,), sub-words of each word.
        begins: int64 (windows,), where the document of each window begins among the words.
        ends: int64 (windows,), where it ends.
        capacity: largest number of sub-words of a window, without special tokens.
        context: largest number of sub-words to add on each side. Where not all fit, each side gets half of what the
            window leaves, and what the other side does not need.

    Returns:
        The windows with their context; one without sub-words stays as it is. Words of 2, 2, 2, 2 and 3 sub-words, of
        which a window has the third, get with capacity 7 and context 3 the second and the fourth.
    """
    borders = _borders(counts)
    subwords = borders[windows.end] - borders[windows.begin]
    wanted = np.where(subwords > 0, context, 0)
    free = capacity - subwords

    def begin(most: Ints) -> Ints:  # where the context begins if it has at most so many sub-words
        return np.maximum(begins, np.searchsorted(borders, borders[windows.begin] - most, side="left"))

    def end(most: Ints) -> Ints:
        return np.minimum(ends, np.searchsorted(borders, borders[windows.end] + most, side="right") - 1)

    on_right = borders[end(wanted)] - borders[windows.end]
    first = begin(np.minimum(wanted, np.maximum(free // 2, free - on_right)))
    on_left = borders[windows.begin] - borders[first]
    return WordRanges(windows.sentence, first, end(np.minimum(wanted, free - on_left)))


def _borders(counts: Ints) -> Ints:
    """Where words begin among the sub-words, then the end."""
    return np.concatenate([[0], np.cumsum(counts)])
