"""Sub-word windows: sentences cut into the windows that an encoder reads, for training and prediction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from tokenizers import Tokenizer

from tagline.core.errors import UserError
from tagline.core.names import TOKENIZER_FILE
from tagline.labels.alignment import NO_WORD
from tagline.labels.arrays import Ints
from tagline.labels.windows import Windows
from tagline.tokenization import subwords
from tagline.tokenization.subwords import Subwords, Vocabulary


class Cut(NamedTuple):
    """The windows of some sentences, and their words in order; special tokens before and after them count as one each.

    Attributes:
        windows: without labels.
        words: int64, the words of the windows by their index among those of these sentences, `NO_WORD` for context and
            special tokens.
        sizes: int64, the number of sub-words of each of these.
        counts: int64, the number of sub-words of each word of these sentences, before truncation.
    """

    windows: Windows
    words: Ints
    sizes: Ints
    counts: Ints

    def words_with(self, subword: int | None) -> Ints:
        """The words with a sub-word in a window, by their index, int64, ascending; none for None."""
        (ids,) = self.windows.input_ids
        words = np.repeat(self.words, self.sizes)[ids == (-1 if subword is None else subword)]
        return np.unique(words[words != NO_WORD])


class WindowCutter:
    """Splits sentences into windows of sub-words.

    Args:
        tokenizer: a fast tokenizer.
        one_by_one: whether each distinct word can be tokenised by itself (`subwords.one_by_one`).
        max_length: the largest number of sub-words of a window, special tokens included.
        stride: the largest number of sub-words that two consecutive windows share.
        context: the largest number of sub-words of the same document that a window has on each side of its own.

    Raises:
        UserError: the special tokens leave no room for words.
    """

    def __init__(self, tokenizer: Tokenizer, one_by_one: bool, max_length: int, stride: int, context: int = 0) -> None:
        self.tokenizer, self.one_by_one, self.stride, self.context = tokenizer, one_by_one, stride, context
        self.vocabulary = Vocabulary(tokenizer)
        before, after = subwords.special_tokens(tokenizer)
        self.specials = Subwords(np.array(before + after, dtype=np.int32), np.array([len(before), len(after)]))
        self.capacity = max_length - len(before) - len(after)
        if self.capacity < 1:
            raise UserError(
                f"{TOKENIZER_FILE}: {len(before) + len(after)} special tokens around each window; expected "
                f"fewer than max_length, which is {max_length}; raise it, or choose another encoder"
            )

    def cut(
        self,
        distinct: Sequence[str],
        index: Ints,
        ends: Ints,
        documents: Ints | None = None,
        own: slice = slice(None),
    ) -> Cut:
        """Split some sentences into windows.

        Every word with at least one sub-word is in at least one window of its sentence. A sentence without sub-words
        has a window of special tokens only.

        Args:
            distinct: the distinct words.
            index: int64 (words,), the words of all sentences, one after the other, as indices into ``distinct``.
            ends: int64 (sentences,), where each sentence ends among these.
            documents: int64 (sentences,), the document of each sentence, ascending; None: each is its own document.
            own: the sentences that get windows, which are numbered from 0; the others are only context.
        """
        table, rows_of_words = self._tokenize(distinct, index, ends)
        counts = table.counts[rows_of_words]
        table = table.shortened(self.capacity)
        begins = ends - np.diff(ends, prepend=0)
        cut = cut_ranges(table.counts[rows_of_words], begins[own], ends[own], self.capacity, self.stride)
        seen = cut
        if self.context and documents is not None:
            of_windows = documents[own][cut.sentence]
            first = begins[np.searchsorted(documents, of_windows, side="left")]
            last = ends[np.searchsorted(documents, of_windows, side="right") - 1]
            seen = extended(cut, table.counts[rows_of_words], first, last, self.capacity, self.context)
        # Each window has its words between its special tokens: windows of 2 and 1 words have lengths 4 and 3, firsts 0
        # and 4, lasts 3 and 6.
        lengths = seen.end - seen.begin + 2
        lasts = np.cumsum(lengths) - 1
        firsts = lasts - lengths + 1
        is_word = np.ones(lengths.sum(), dtype=bool)
        is_word[firsts] = is_word[lasts] = False
        words = np.full(len(is_word), NO_WORD, dtype=np.int64)
        words[is_word] = (np.arange(len(is_word)) - np.repeat(firsts + 1 - seen.begin, lengths))[is_word]
        rows = np.empty(len(is_word), dtype=np.int64)
        rows[firsts], rows[lasts], rows[is_word] = (
            len(table.counts),
            len(table.counts) + 1,
            rows_of_words[words[is_word]],
        )
        taken = (table + self.specials).take(rows)
        if seen is not cut:
            is_word &= (np.repeat(cut.begin, lengths) <= words) & (words < np.repeat(cut.end, lengths))
            words[~is_word] = NO_WORD
        word_ids = np.full(len(is_word), NO_WORD, dtype=np.int32)
        word_ids[is_word] = (words - np.repeat(begins[own][cut.sentence], lengths))[is_word]
        windows = Windows(
            sentence=cut.sentence,
            offsets=[np.concatenate([[0], np.cumsum(taken.counts)[lasts]]).astype(np.int32)],
            input_ids=[taken.ids],
            word_ids=[np.repeat(word_ids, taken.counts)],
        )
        own_words = slice(begins[own][0], ends[own][-1]) if len(ends[own]) else slice(0)
        words[is_word] -= own_words.start or 0
        return Cut(windows, words, taken.counts, counts[own_words])

    def _tokenize(self, distinct: Sequence[str], index: Ints, ends: Ints) -> tuple[Subwords, Ints]:
        """Sub-words of some words, and the index among these of each word of the sentences."""
        if self.one_by_one:
            return self.vocabulary.subwords(distinct), index
        flat = [distinct[word] for word in index.tolist()]
        begins = [0, *ends[:-1].tolist()]
        sentences = [flat[begin:end] for begin, end in zip(begins, ends.tolist(), strict=True)]
        return subwords.of_sentences(self.tokenizer, sentences), np.arange(len(flat))


class WordRanges(NamedTuple):
    """Each window's sentence, and its words from ``begin`` to ``end`` (exclusive) among those of all sentences."""

    sentence: Ints
    begin: Ints
    end: Ints


def cut_ranges(counts: Ints, begins: Ints, ends: Ints, capacity: int, stride: int) -> WordRanges:
    """Split sentences into windows, all at once: each pass makes the next window of the sentences that go on.

    Args:
        counts: the number of sub-words of each word, none above ``capacity``.
        begins: where each sentence begins among the words, ascending.
        ends: where each of them ends.
        capacity: the largest number of sub-words of a window, without special tokens.
        stride: the largest number of sub-words that two consecutive windows share. They share whole words, so it can be
            fewer, and zero if the words there are too long.

    Returns:
        The windows in the order of the sentences. Together they have every word of these. Words of 2, 2 and 3 sub-words
        with capacity 5 and stride 2 give windows of words 0 to 2 and 1 to 3.
    """
    borders = _borders(counts)
    passes = []
    sentence, begin = np.arange(len(ends)), begins
    while len(sentence):
        last = ends[sentence]
        end = np.minimum(np.searchsorted(borders, borders[begin] + capacity, side="right") - 1, last)
        passes.append(WordRanges(sentence, begin, end))
        left = end < last
        sentence, end = sentence[left], end[left]
        # The next window must have at least one new word, so it begins late enough for the word after this window.
        reach = borders[np.searchsorted(borders, borders[end], side="right")] - capacity
        begin = np.searchsorted(borders, np.maximum(borders[end] - stride, reach), side="left")
    if not passes:
        return WordRanges(ends, ends, ends)
    joined = WordRanges(*(np.concatenate(columns) for columns in zip(*passes, strict=True)))
    order = np.argsort(joined.sentence, kind="stable")
    return WordRanges(*(column[order] for column in joined))


def extended(windows: WordRanges, counts: Ints, begins: Ints, ends: Ints, capacity: int, context: int) -> WordRanges:
    """Add whole words of the same document before and after each window.

    Args:
        windows: what `cut_ranges` returned.
        counts: the number of sub-words of each word.
        begins: where the document of each window begins among the words.
        ends: where it ends.
        capacity: the largest number of sub-words of a window, without special tokens.
        context: the largest number of sub-words to add on each side. Where not all fit, each side gets half of what
            the window leaves, and what the other side does not need.

    Returns:
        The windows with their context; one without sub-words of its own stays as it is. Words of 2, 2, 2, 2 and 3
        sub-words, of which a window has the third, get with capacity 7 and context 3 the second and the fourth.
    """
    borders = _borders(counts)
    own = borders[windows.end] - borders[windows.begin]
    wanted, free = np.where(own > 0, context, 0), capacity - own

    def begin(most: Ints) -> Ints:  # where the context begins if it has at most so many sub-words
        return np.maximum(begins, np.searchsorted(borders, borders[windows.begin] - most, side="left"))

    def end(most: Ints) -> Ints:
        return np.minimum(ends, np.searchsorted(borders, borders[windows.end] + most, side="right") - 1)

    on_right = borders[end(wanted)] - borders[windows.end]
    first = begin(np.minimum(wanted, np.maximum(free // 2, free - on_right)))
    on_left = borders[windows.begin] - borders[first]
    return WordRanges(windows.sentence, first, end(np.minimum(wanted, free - on_left)))


def _borders(counts: Ints) -> Ints:
    """Where words begin among the sub-words, and the end: words a to b (exclusive) have borders[b] - borders[a].

    Counts 2, 2, 3 give 0, 2, 4, 7.
    """
    return np.concatenate([[0], np.cumsum(counts)])
