"""Encoding: windows of sub-words with aligned labels, from all sentences of a chunk at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from tokenizers import Tokenizer

from tagline.labels.alignment import IGNORED, NO_WORD, align_labels
from tagline.labels.arrays import Ints
from tagline.tokenization import subwords
from tagline.tokenization.subword_windows import WindowCutter


@dataclass(frozen=True)
class Encoded:
    """The windows of a chunk of sentences.

    Attributes:
        sentence: int64, the sentence of each window, ascending.
        input_ids, word_ids, labels: lists of int32, int32 and int64, one per window (see
            `tagline.artifacts.tokenized`).
        counts: int64, the number of sub-words of each word of the chunk, before truncation; without those around it.
    """

    sentence: Ints
    input_ids: pa.ListArray
    word_ids: pa.ListArray
    labels: pa.ListArray
    counts: Ints

    def words_with(self, subword: int | None, starts: Ints) -> Ints:
        """The words of the chunk, by their index, that have a sub-word in a window; int64, ascending.

        Args:
            subword: its vocabulary id; None has no words.
            starts: int64 (sentences,), where each sentence starts among the words.
        """
        indices = np.flatnonzero(self.input_ids.values.to_numpy() == (-1 if subword is None else subword))
        windows = np.searchsorted(self.input_ids.offsets.to_numpy(), indices, side="right") - 1
        words = self.word_ids.values.to_numpy()[indices]
        begins = starts[self.sentence[windows]]
        return np.unique((begins + words)[words != NO_WORD])

    def columns(self, first_sentence: int) -> dict[str, pa.Array]:
        """The columns of `tokenized.WINDOW_FEATURES`.

        Args:
            first_sentence: the row of the chunk's first sentence in its split.
        """
        sentence = pa.array((self.sentence + first_sentence).astype(np.int32))
        return {
            "sentence": sentence,
            "input_ids": self.input_ids,
            "word_ids": self.word_ids,
            "labels": self.labels,
        }


class WindowMaker(WindowCutter):
    """Makes windows with labels.

    Args:
        tokenizer, one_by_one, max_length, stride, context: see `WindowCutter`.
        inside: `Labels.inside`.
        label_all_tokens: see `align_labels`.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        one_by_one: bool,
        max_length: int,
        stride: int,
        inside: Sequence[int],
        label_all_tokens: bool,
        context: int = 0,
    ) -> None:
        super().__init__(tokenizer, one_by_one, max_length, stride, context)
        self.inside, self.label_all_tokens = inside, label_all_tokens
        self.unknown = subwords.unknown_id(tokenizer)

    def make(
        self,
        words: pa.DictionaryArray,
        ends: Ints,
        labels: Ints,
        documents: Ints | None = None,
        own: slice = slice(None),
    ) -> Encoded:
        """Make the windows of some sentences and align their labels.

        Args:
            words: the words of all sentences, one after the other, dictionary-encoded (words,).
            ends: int64 (sentences,), where each sentence ends among them.
            labels: int64, the label id of each word of the sentences that get windows.
            documents: see `WindowCutter.cut`.
            own: see `WindowCutter.cut`.
        """
        cut = self.cut(words.dictionary.to_pylist(), words.indices.to_numpy(), ends, documents, own)
        first = int((ends - np.diff(ends, prepend=0))[own][0]) if len(labels) else 0
        is_word = cut.words != NO_WORD
        word_labels = np.full(len(cut.words), IGNORED, dtype=np.int64)
        word_labels[is_word] = labels[cut.words[is_word] - first]
        aligned = align_labels(word_labels, cut.sizes, self.inside, self.label_all_tokens)
        return Encoded(
            sentence=cut.sentence,
            input_ids=pa.ListArray.from_arrays(cut.offsets, cut.ids),
            word_ids=pa.ListArray.from_arrays(cut.offsets, cut.word_ids),
            labels=pa.ListArray.from_arrays(cut.offsets, aligned),
            counts=cut.counts[first : first + len(labels)],
        )
