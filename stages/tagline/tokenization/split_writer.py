"""Write a split, chunk by chunk, and find what is unusual in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from tqdm import tqdm

from tagline.artifacts import tokenized
from tagline.artifacts.raw_data import ID, WORDS
from tagline.core import Findings
from tagline.core.findings import LONG_SENTENCE, LONG_WORD
from tagline.core.names import MARKS
from tagline.core.shards import ShardWriter
from tagline.labels import NO_WORD, Bools, Ints, Labels, TaggedSentences, Windows
from tagline.labels.windows import align_labels
from tagline.text import case, subwords
from tagline.text.subword_windows import WindowCutter
from tagline.tokenization.split_findings import Hashes, add_sentences, add_words, hash_sentences
from tagline.tokenization.tags import Tags
from tagline.tokenization.unknown_labels import mark_unannotated

# Words that are in memory at a time; each distinct one of them is tokenised once.
CHUNK_WORDS = 2**20
# Draws the sentences of which there are copies. Those of a larger share have those of a smaller one among them.
LOWERCASE_SEED = 0


class SentenceChunk(NamedTuple):
    """Some sentences of a split.

    Attributes:
        vocabulary: their words, dictionary-encoded.
        ends: int64 (sentences,), where each of them ends among the words.
    """

    sentences: pa.RecordBatch
    vocabulary: pa.DictionaryArray
    ends: Ints
    gold: TaggedSentences


class WrittenSplit(NamedTuple):
    """What a split has.

    Attributes:
        sizes: numbers of sentences, words and windows.
        labels: the number of words known to have each label.
        hashes: see `hash_sentences`.
    """

    sizes: dict[str, int]
    labels: dict[str, int]
    hashes: Hashes


@dataclass(frozen=True)
class SplitWriter:
    """Writes the sentences and windows of splits.

    Attributes:
        label_all_tokens: see `align_labels`.
        lowercase_share: of the sentences of train, those drawn for a copy in small letters.
        target: data/tokenized or data/tokenized_tests.
    """

    labels: Labels
    cutter: WindowCutter
    label_all_tokens: bool
    lowercase_share: float
    target: Path

    @cached_property
    def unknown(self) -> int:
        return subwords.unknown_id(self.cutter.tokenizer)

    def write(self, split: str, tags: Tags, findings: Findings) -> WrittenSplit:
        """Write a split, and add to its findings.

        Raises:
            UserError: the tokenizer fails on a word, or see `mark_unannotated`.
        """
        counts = np.zeros(len(self.labels.ids), np.int64)
        hashes = []
        draw_lowercase = np.random.default_rng(LOWERCASE_SEED).random
        features = tokenized.sentence_features(self.labels)
        folder = self.target / "windows"
        with (
            ShardWriter(self.target / "sentences" / split, features.arrow_schema) as sentences,
            ShardWriter(folder / split, tokenized.WINDOW_FEATURES.arrow_schema) as windows,
            self._copies_writer(split) as lowercase,
            tqdm(total=tags.column.raw.sentences[split], desc=split, unit=" sentences", disable=None) as bar,
        ):
            for chunk in self._chunks(split, tags):
                windows.write(self._columns(chunk, self._cut_and_check(chunk, findings), sentences.rows))
                if lowercase:
                    drawn = draw_lowercase(len(chunk.ends)) < self.lowercase_share
                    lowercase.write(self._columns(chunk, self._cut_lowercase(chunk, drawn), sentences.rows))
                sentences.write(_sentence_columns(chunk))
                counts += np.bincount(chunk.gold.known_gold, minlength=len(counts))
                hashes.append(hash_sentences(chunk.vocabulary, chunk.ends))
                bar.update(len(chunk.ends))
        sizes = {"sentences": sentences.rows, "words": int(counts.sum()), "windows": windows.rows}
        if lowercase:
            sizes["lowercase_windows"] = lowercase.rows
        of_labels = dict(zip(self.labels.names, counts.tolist(), strict=False))
        return WrittenSplit(sizes, of_labels, np.concatenate(hashes))

    def _copies_writer(self, split: str) -> ShardWriter | nullcontext[None]:
        """Open the windows of copies in small letters, if any."""
        if split != "train" or not self.lowercase_share:
            return nullcontext()
        return ShardWriter(self.target / "windows" / tokenized.LOWERCASE, tokenized.WINDOW_FEATURES.arrow_schema)

    def _chunks(self, split: str, tags: Tags) -> Iterator[SentenceChunk]:
        raw = tags.column.raw
        for batch in raw.chunks(split, CHUNK_WORDS):
            tag_ids, ends = tags.column.ids(batch)
            gold = tags.to_labels(tag_ids, ends, self.labels)
            if raw.annotated:
                gold = mark_unannotated(batch, gold, self.labels)
            lengths = batch[WORDS].value_lengths().to_pylist()
            unpredicted = np.zeros_like(gold)
            tagged = TaggedSentences(self.labels, lengths, unpredicted, unpredicted.astype(np.float32), gold)
            yield SentenceChunk(batch, batch[WORDS].values.dictionary_encode(), ends, tagged)

    def _cut_and_check(self, chunk: SentenceChunk, findings: Findings) -> Windows:
        """Make windows, and find unusual words and sentences."""
        windows, subwords_of_words = self._cut(chunk)
        word_of_subwords = windows.word_indices(_begins(chunk.ends))
        is_unknown = (windows.input_ids[0] == self.unknown) & (word_of_subwords != NO_WORD)
        has_unknown = np.zeros(len(subwords_of_words), bool)
        has_unknown[word_of_subwords[is_unknown]] = True
        words = chunk.sentences[WORDS]
        unusual_words = {
            "unknown_labels": chunk.gold.known_gold >= len(self.labels.names),
            "words_without_subwords": subwords_of_words == 0,
            "unknown_words": has_unknown,
            "long_words": pc.utf8_length(words.values).to_numpy() > LONG_WORD,
            "truncated_words": subwords_of_words > self.cutter.capacity,
        }
        unusual_sentences = {
            "long_sentences": pc.list_value_length(words).to_numpy() > LONG_SENTENCE,
            "windowed_sentences": np.bincount(windows.sentence) > 1,
        }
        add_words(findings, chunk.sentences, unusual_words)
        add_sentences(findings, chunk.sentences, unusual_sentences)
        return windows

    def _columns(self, chunk: SentenceChunk, windows: Windows, first_sentence: int) -> dict[str, pa.Array]:
        numbers = [self.cutter.tokenizer.token_to_id(mark) for mark in MARKS]
        marks = [number for number in numbers if number is not None]
        words = windows.word_indices(_begins(chunk.ends))
        gold = chunk.gold.known_gold
        aligned = align_labels(windows, words, gold, self.labels.inside, self.label_all_tokens, marks)
        return tokenized.window_columns(windows, aligned, first_sentence)

    def _cut_lowercase(self, chunk: SentenceChunk, drawn: Bools) -> Windows:
        """Make the windows in small letters of drawn sentences that are not read so anyway."""
        words = chunk.vocabulary.dictionary.to_pylist()
        has_copy = drawn & case.informative(words, chunk.vocabulary.indices.to_numpy(), chunk.ends)
        windows, _ = self._cut(chunk, lowercase=True)
        return windows.take(np.flatnonzero(has_copy[windows.sentence]))

    def _cut(self, chunk: SentenceChunk, lowercase: bool = False) -> tuple[Windows, Ints]:
        words = chunk.vocabulary.dictionary.to_pylist()
        if lowercase:
            words = [word.lower() for word in words]
        return self.cutter.cut(words, chunk.vocabulary.indices.to_numpy(), chunk.ends)


def _begins(ends: Ints) -> Ints:
    """Where sentences begin, given where they end: 2 5 give 0 2."""
    return ends - np.diff(ends, prepend=0)


def _sentence_columns(chunk: SentenceChunk) -> dict[str, pa.Array]:
    words = chunk.sentences[WORDS]
    labels = pa.ListArray.from_arrays(words.offsets, chunk.gold.known_gold)
    return {ID: chunk.sentences[ID], WORDS: words, "labels": labels}
