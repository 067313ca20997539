"""Sub-word windows: the input of an encoder as flat arrays, for training and prediction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from tagline.labels.alignment import NO_WORD
from tagline.labels.arrays import Ints
from tagline.tokenization import subwords, windows
from tagline.tokenization.subwords import Subwords, Vocabulary

Ints32 = npt.NDArray[np.int32]


@dataclass(frozen=True)
class SubwordWindows:
    """The windows of some sentences. Special tokens count as one word before and one after the words of a window.

    Attributes:
        sentence: int64, the sentence of each window, ascending.
        offsets: int32, where each window begins among the sub-words, and where the last one ends.
        ids: int32, vocabulary ids, one window after the other.
        word_ids: int32, the index of each sub-word's word in its sentence, `NO_WORD` for context and special tokens.
        words: int64, the words of the windows by their index among those of all sentences, `NO_WORD` for context and
            special tokens.
        sizes: int64, the number of sub-words of each of these.
        counts: int64, the number of sub-words of each word, before truncation.
    """

    sentence: Ints
    offsets: Ints32
    ids: Ints32
    word_ids: Ints32
    words: Ints
    sizes: Ints
    counts: Ints


class WindowCutter:
    """Splits sentences into windows of sub-words.

    Args:
        tokenizer: a fast tokenizer.
        one_by_one: whether each distinct word can be tokenised by itself (`subwords.one_by_one`).
        max_length: the largest number of sub-words of a window, special tokens included.
        stride: the largest number of sub-words that two consecutive windows share.
        context: the largest number of sub-words of the same document that a window has on each side of its own.
    """

    def __init__(self, tokenizer: Tokenizer, one_by_one: bool, max_length: int, stride: int, context: int = 0) -> None:
        self.tokenizer, self.one_by_one, self.stride, self.context = tokenizer, one_by_one, stride, context
        self.vocabulary = Vocabulary(tokenizer)
        before, after = subwords.special_tokens(tokenizer)
        self.specials = Subwords(np.array(before + after, dtype=np.int32), np.array([len(before), len(after)]))
        self.capacity = max_length - len(before) - len(after)

    def cut(
        self,
        distinct: Sequence[str],
        index: Ints,
        ends: Ints,
        documents: Ints | None = None,
        own: slice = slice(None),
    ) -> SubwordWindows:
        """Split some sentences into windows.

        Every word with at least one sub-word is in at least one window of its sentence. A sentence without sub-words
        has a window of special tokens only.

        Args:
            distinct: the distinct words.
            index: int64 (words,), the words of all sentences, one after the other, as indices into ``distinct``.
            ends: int64 (sentences,), where each sentence ends among these.
            documents: int64 (sentences,), the document of each sentence, ascending; None: each is its own document.
            own: the sentences that get windows; the others are only context, and `SubwordWindows.sentence` does not
                count them.
        """
        table, rows_of_words = self._tokenize(distinct, index, ends)
        counts = table.counts[rows_of_words]
        table = table.shortened(self.capacity)
        begins = ends - np.diff(ends, prepend=0)
        cut = windows.cut(table.counts[rows_of_words], begins[own], ends[own], self.capacity, self.stride)
        seen = cut
        if self.context and documents is not None:
            of_windows = documents[own][cut.sentence]
            first = begins[np.searchsorted(documents, of_windows, side="left")]
            last = ends[np.searchsorted(documents, of_windows, side="right") - 1]
            seen = windows.extended(cut, table.counts[rows_of_words], first, last, self.capacity, self.context)
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
        return SubwordWindows(
            sentence=cut.sentence,
            offsets=np.concatenate([[0], np.cumsum(taken.counts)[lasts]]).astype(np.int32),
            ids=taken.ids,
            word_ids=np.repeat(word_ids, taken.counts),
            words=words,
            sizes=taken.counts,
            counts=counts,
        )

    def _tokenize(self, distinct: Sequence[str], index: Ints, ends: Ints) -> tuple[Subwords, Ints]:
        """Sub-words of some words, and the index among these of each word of the sentences."""
        if self.one_by_one:
            return self.vocabulary.subwords(distinct), index
        flat = [distinct[word] for word in index.tolist()]
        begins = [0, *ends[:-1].tolist()]
        sentences = [flat[begin:end] for begin, end in zip(begins, ends.tolist(), strict=True)]
        return subwords.of_sentences(self.tokenizer, sentences), np.arange(len(flat))
