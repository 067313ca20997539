"""Encoding: sentences of words and labels become windows of sub-words and their labels, all of a chunk at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from tokenizers import Tokenizer

from tagging import subwords, windows
from tagging.alignment import IGNORED, NO_WORD, align_labels
from tagging.subwords import Subwords, Vocabulary

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Encoded:
    """The windows of a chunk of sentences.

    Attributes:
        sentence: int64, the sentence of each window, ascending.
        input_ids, word_ids, labels: lists of int32, int32 and int64, one a window (see `tagging.tokenized`).
        counts: int64, how many sub-words each word of the chunk has, also those that were cut off.
    """

    sentence: Ints
    input_ids: pa.ListArray
    word_ids: pa.ListArray
    labels: pa.ListArray
    counts: Ints

    def columns(self, first_sentence: int) -> dict[str, pa.Array]:
        """The windows as rows of `tokenized.WINDOW_FEATURES`, where the chunk's first sentence has that row."""
        sentence = pa.array((self.sentence + first_sentence).astype(np.int32))
        return {
            "sentence": sentence,
            "input_ids": self.input_ids,
            "word_ids": self.word_ids,
            "labels": self.labels,
        }


class WindowMaker:
    """Makes windows by one tokenizer and one set of rules.

    Args:
        tokenizer: a fast one.
        one_by_one: whether it may be given each distinct word once (`subwords.one_by_one`).
        max_length: most sub-words of a window, special tokens included.
        stride: most sub-words that two neighbours share.
        inside: `Labels.inside`.
        label_all_tokens: which rule of `align_labels`.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        one_by_one: bool,
        max_length: int,
        stride: int,
        inside: Sequence[int],
        label_all_tokens: bool,
    ) -> None:
        self.tokenizer, self.one_by_one = tokenizer, one_by_one
        self.vocabulary = Vocabulary(tokenizer)
        self.stride, self.inside, self.label_all_tokens = stride, inside, label_all_tokens
        before, after = subwords.special_tokens(tokenizer)
        self.specials = Subwords(np.array(before + after, dtype=np.int32), np.array([len(before), len(after)]))
        self.capacity = max_length - len(before) - len(after)

    def make(self, words: pa.DictionaryArray, ends: Ints, labels: Ints) -> Encoded:
        """Make the windows of some sentences.

        Every word with at least one sub-word is in one window or more; a sentence without any still has a window, of
        special tokens alone.

        Args:
            words: the words of all sentences, one after the other, dictionary-encoded.
            ends: where each sentence ends among them.
            labels: the label id of each word.
        """
        table, index = self._tokenize(words, ends)
        counts = table.counts[index]
        table = table.shortened(self.capacity)
        cut = windows.cut(table.counts[index], ends, self.capacity, self.stride)
        # A window's special tokens are two more words of the table, before and after its own.
        lengths = cut.end - cut.begin + 2
        lasts = np.cumsum(lengths) - 1
        firsts = lasts - lengths + 1
        is_word = np.ones(lengths.sum(), dtype=bool)
        is_word[firsts] = is_word[lasts] = False
        places = (np.arange(len(is_word)) - np.repeat(firsts + 1 - cut.begin, lengths))[is_word]
        tokens = np.empty(len(is_word), dtype=np.int64)
        tokens[firsts], tokens[lasts], tokens[is_word] = len(table.counts), len(table.counts) + 1, index[places]
        found = (table + self.specials).take(tokens)
        begins = np.concatenate([[0], ends[:-1]])[cut.sentence]
        word_ids = np.full(len(is_word), NO_WORD, dtype=np.int32)
        word_ids[is_word] = places - np.repeat(begins, lengths - 2)
        word_labels = np.full(len(is_word), IGNORED, dtype=np.int64)
        word_labels[is_word] = labels[places]
        offsets = np.concatenate([[0], np.cumsum(found.counts)[lasts]]).astype(np.int32)
        aligned = align_labels(word_labels, found.counts, self.inside, self.label_all_tokens)
        return Encoded(
            sentence=cut.sentence,
            input_ids=pa.ListArray.from_arrays(offsets, found.ids),
            word_ids=pa.ListArray.from_arrays(offsets, np.repeat(word_ids, found.counts)),
            labels=pa.ListArray.from_arrays(offsets, aligned),
            counts=counts,
        )

    def _tokenize(self, words: pa.DictionaryArray, ends: Ints) -> tuple[Subwords, Ints]:
        """Sub-words of some words, and for each word of the sentences its place among those."""
        if self.one_by_one:
            places = self.vocabulary.places(words.dictionary.to_pylist())
            return self.vocabulary.subwords, places[words.indices.to_numpy()]
        flat = words.dictionary_decode().to_pylist()
        begins = [0, *ends[:-1].tolist()]
        sentences = [flat[begin:end] for begin, end in zip(begins, ends.tolist(), strict=True)]
        return subwords.of_sentences(self.tokenizer, sentences), np.arange(len(flat))
