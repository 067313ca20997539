"""Sub-word windows: what an encoder reads of sentences, as flat arrays, for training and for prediction alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from tagline.labels.alignment import NO_WORD
from tagline.tokenization import subwords, windows
from tagline.tokenization.subwords import Subwords, Vocabulary

Ints = npt.NDArray[np.int64]
Ints32 = npt.NDArray[np.int32]


@dataclass(frozen=True)
class SubwordWindows:
    """The windows of some sentences. A window's special tokens count as two more words, before and after its own.

    Attributes:
        sentence: int64, the sentence of each window, ascending.
        offsets: int32, where each window begins among the sub-words, and where the last one ends.
        ids: int32, vocabulary ids, window after window.
        word_ids: int32, the word of each sub-word, counted from its sentence's first one, `NO_WORD` for special tokens.
        words: int64, the words of the windows, each by its place among those of all sentences, `NO_WORD` for special
            tokens.
        sizes: int64, how many sub-words each of these has.
        counts: int64, how many sub-words each word of the sentences has, also those that were cut off.
    """

    sentence: Ints
    offsets: Ints32
    ids: Ints32
    word_ids: Ints32
    words: Ints
    sizes: Ints
    counts: Ints


class WindowCutter:
    """Cuts sentences into windows by one tokenizer.

    Args:
        tokenizer: a fast one.
        one_by_one: whether it may be given each distinct word once (`subwords.one_by_one`).
        max_length: most sub-words of a window, special tokens included.
        stride: most sub-words that two neighbours share.
    """

    def __init__(self, tokenizer: Tokenizer, one_by_one: bool, max_length: int, stride: int) -> None:
        self.tokenizer, self.one_by_one, self.stride = tokenizer, one_by_one, stride
        self.vocabulary = Vocabulary(tokenizer)
        before, after = subwords.special_tokens(tokenizer)
        self.specials = Subwords(np.array(before + after, dtype=np.int32), np.array([len(before), len(after)]))
        self.capacity = max_length - len(before) - len(after)

    def cut(self, distinct: Sequence[str], index: Ints, ends: Ints) -> SubwordWindows:
        """Cut some sentences.

        Every word with at least one sub-word is in one window or more; a sentence without any still has a window, of
        special tokens alone.

        Args:
            distinct: the words that there are.
            index: int64 (words,), which of them the words of all sentences are, one after the other.
            ends: int64 (sentences,), where each sentence ends among these.
        """
        table, places = self._tokenize(distinct, index, ends)
        counts = table.counts[places]
        table = table.shortened(self.capacity)
        cut = windows.cut(table.counts[places], ends, self.capacity, self.stride)
        lengths = cut.end - cut.begin + 2
        lasts = np.cumsum(lengths) - 1
        firsts = lasts - lengths + 1
        is_word = np.ones(lengths.sum(), dtype=bool)
        is_word[firsts] = is_word[lasts] = False
        words = np.full(len(is_word), NO_WORD, dtype=np.int64)
        words[is_word] = (np.arange(len(is_word)) - np.repeat(firsts + 1 - cut.begin, lengths))[is_word]
        rows = np.empty(len(is_word), dtype=np.int64)
        rows[firsts], rows[lasts], rows[is_word] = len(table.counts), len(table.counts) + 1, places[words[is_word]]
        found = (table + self.specials).take(rows)
        begins = (ends - np.diff(ends, prepend=0))[cut.sentence]
        word_ids = np.full(len(is_word), NO_WORD, dtype=np.int32)
        word_ids[is_word] = words[is_word] - np.repeat(begins, lengths - 2)
        return SubwordWindows(
            sentence=cut.sentence,
            offsets=np.concatenate([[0], np.cumsum(found.counts)[lasts]]).astype(np.int32),
            ids=found.ids,
            word_ids=np.repeat(word_ids, found.counts),
            words=words,
            sizes=found.counts,
            counts=counts,
        )

    def _tokenize(self, distinct: Sequence[str], index: Ints, ends: Ints) -> tuple[Subwords, Ints]:
        """Sub-words of some words, and for each word of the sentences its place among those."""
        if self.one_by_one:
            places = self.vocabulary.places(distinct)
            return self.vocabulary.subwords, places[index]
        flat = [distinct[place] for place in index.tolist()]
        begins = [0, *ends[:-1].tolist()]
        sentences = [flat[begin:end] for begin, end in zip(begins, ends.tolist(), strict=True)]
        return subwords.of_sentences(self.tokenizer, sentences), np.arange(len(flat))
