"""Write the sentences and windows of a split, chunk by chunk, and find what is unusual in them."""

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from tqdm import tqdm

from tagline.artifacts import tokenized
from tagline.artifacts.raw_data import ID, WORDS
from tagline.core.findings import Findings
from tagline.core.names import MARKS
from tagline.core.shards import ShardWriter
from tagline.labels.label_list import Labels
from tagline.labels.tagged import TaggedSentences
from tagline.labels.windows import Bools, Ints, Windows, align_labels
from tagline.text import case
from tagline.tokenization import split_findings, subwords
from tagline.tokenization.context import Neighbours, document_numbers, with_neighbours
from tagline.tokenization.sentence_hashes import Hashes, hash_sentences
from tagline.tokenization.subword_windows import WindowCutter
from tagline.tokenization.tags import TagColumn, Tags
from tagline.tokenization.unknown_labels import mark_unannotated

# Words that are in memory at a time; each distinct one of them is tokenised once.
CHUNK_WORDS = 2**20
# Draws the sentences of which there are copies. Those of a larger share have those of a smaller one among them.
COPIES_SEED = 0


class Chunk(NamedTuple):
    """Some sentences of a split.

    Attributes:
        sentences: the sentences.
        neighbours: these, between the sentences before and after them that are only read.
        vocabulary: their words, dictionary-encoded.
        ends: int64 (sentences,), where each of them ends among the words.
        gold: their words' gold labels.
    """

    sentences: pa.RecordBatch
    neighbours: Neighbours
    vocabulary: pa.DictionaryArray
    ends: Ints
    gold: TaggedSentences

    @property
    def begins(self) -> Ints:
        """Where each sentence begins among the words, int64 (sentences,)."""
        return self.ends - np.diff(self.ends, prepend=0)


class WrittenSplit(NamedTuple):
    """What a split has.

    Attributes:
        sizes: its numbers of sentences, words and windows.
        labels: the number of words that are known to have each label.
        hashes: of its sentences, see `hash_sentences`.
    """

    sizes: dict[str, int]
    labels: dict[str, int]
    hashes: Hashes


@dataclass
class Counts:
    """Counts of a split so far.

    Attributes:
        words: int64 (ids,), how many words have each id of a label or set.
        hashes: of the sentences of each chunk.
        entities: how many gold entities are scored; 0 where all labels are known.
        undecided: how many are not, since it is not known where they begin or end.
    """

    words: Ints
    hashes: list[Hashes]
    entities: int = 0
    undecided: int = 0

    def add(self, chunk: Chunk) -> None:
        """Count the words, sentences and entities of a chunk."""
        self.words += np.bincount(chunk.gold.known_gold, minlength=len(self.words))
        self.hashes.append(hash_sentences(chunk.vocabulary, chunk.ends))
        if chunk.gold.labels.sets:
            self.entities += len(chunk.gold.gold_entities.start)
            self.undecided += chunk.gold.left_out[0]


@dataclass(frozen=True)
class SplitWriter:
    """Writes the sentences and windows of splits.

    Attributes:
        column: the column of the task in data/raw.
        labels: the labels of the task.
        cutter: makes the windows.
        label_all_tokens: see `align_labels`.
        share: of the sentences of train, those that are drawn for a copy in small letters.
        target: data/tokenized.
    """

    column: TagColumn
    labels: Labels
    cutter: WindowCutter
    label_all_tokens: bool
    share: float
    target: Path

    @cached_property
    def unknown(self) -> int:
        """The id of the sub-word that stands for what the vocabulary lacks; see `subwords.unknown_id`."""
        return subwords.unknown_id(self.cutter.tokenizer)

    def write(self, split: str, tags: Tags, findings: Findings) -> WrittenSplit:
        """Write a split, and add to its findings.

        Raises:
            UserError: the tokenizer fails on a word, or see `mark_unannotated`.
        """
        has_copies = split == "train" and self.share > 0
        generator = np.random.default_rng(COPIES_SEED)
        counts = Counts(words=np.zeros(len(self.labels.ids), np.int64), hashes=[])
        sentence_schema = tokenized.sentence_features(self.labels).arrow_schema
        window_schema = tokenized.WINDOW_FEATURES.arrow_schema
        folder = self.target / "windows"
        with (
            ShardWriter(self.target / "sentences" / split, sentence_schema) as sentences,
            ShardWriter(folder / split, window_schema) as windows,
            ShardWriter(folder / tokenized.COPIES, window_schema) if has_copies else nullcontext() as copies,
            tqdm(total=self.column.raw.sentences[split], desc=split, unit=" sentences", disable=None) as bar,
        ):
            for chunk in self._chunks(split, tags):
                self._write_windows(windows, chunk, sentences.rows, findings)
                if copies:
                    drawn = generator.random(len(chunk.ends)) < self.share
                    in_small_letters = self._copies(chunk, drawn)
                    copies.write(self._columns(chunk, in_small_letters, sentences.rows))
                batch = chunk.sentences
                labels = pa.ListArray.from_arrays(batch[WORDS].offsets, chunk.gold.known_gold)
                sentences.write({ID: batch[ID], WORDS: batch[WORDS], "labels": labels})
                counts.add(chunk)
                bar.update(batch.num_rows)
        if split != "train" and counts.undecided and not counts.entities:
            findings.add("no_entities", 1, [f"where {counts.undecided:,} entities begin or end is not known"])
        sizes = {"sentences": sentences.rows, "words": int(counts.words.sum()), "windows": windows.rows}
        if copies:
            sizes["lowercase_windows"] = copies.rows
        of_labels = dict(zip(self.labels.names, counts.words.tolist(), strict=False))
        return WrittenSplit(sizes, of_labels, np.concatenate(counts.hashes))

    def _chunks(self, split: str, tags: Tags) -> Iterator[Chunk]:
        """Yield the sentences of a split with their gold labels."""
        chunks = self.column.raw.chunks(split, CHUNK_WORDS)
        for neighbours in with_neighbours(chunks, self.cutter):
            batch = neighbours[1]
            tag_ids, ends = self.column.ids(batch)
            gold = tags.to_labels(tag_ids, ends, self.labels)
            if self.column.raw.annotated:
                gold = mark_unannotated(batch, gold, self.labels)
            lengths = batch[WORDS].value_lengths().to_pylist()
            unpredicted = np.zeros_like(gold)
            yield Chunk(
                sentences=batch,
                neighbours=neighbours,
                vocabulary=batch[WORDS].values.dictionary_encode(),
                ends=ends,
                gold=TaggedSentences(self.labels, lengths, unpredicted, unpredicted.astype(np.float32), gold),
            )

    def _write_windows(self, writer: ShardWriter, chunk: Chunk, first_sentence: int, findings: Findings) -> None:
        """Make and write the windows of a chunk, and find unusual words and sentences in it."""
        windows, subword_counts = self._cut(chunk)
        batch = chunk.sentences
        split_findings.find_unknown_labels(findings, batch, np.flatnonzero(~chunk.gold.is_known))
        split_findings.find_long_words(findings, batch, subword_counts, self.cutter.capacity)
        split_findings.find_long_sentences(findings, batch, windows)
        words = windows.word_indices(chunk.begins)
        split_findings.find_unknown_words(findings, batch, windows, words, self.unknown)
        writer.write(self._columns(chunk, windows, first_sentence))

    def _columns(self, chunk: Chunk, windows: Windows, first_sentence: int) -> dict[str, pa.Array]:
        """The columns of windows of a chunk, with the labels of their sub-words."""
        numbers = [self.cutter.tokenizer.token_to_id(mark) for mark in MARKS]
        marks = [number for number in numbers if number is not None]
        words = windows.word_indices(chunk.begins)
        gold = chunk.gold.known_gold
        aligned = align_labels(windows, words, gold, self.labels.inside, self.label_all_tokens, marks)
        return tokenized.window_columns(windows, aligned, first_sentence)

    def _copies(self, chunk: Chunk, drawn: Bools) -> Windows:
        """Make the windows in small letters of drawn sentences, but not of those that are read so anyway."""
        words = chunk.vocabulary.dictionary.to_pylist()
        has_copy = drawn & case.informative(words, chunk.vocabulary.indices.to_numpy(), chunk.ends)
        windows, _ = self._cut(chunk, lowercase=True)
        return windows.take(np.flatnonzero(has_copy[windows.sentence]))

    def _cut(self, chunk: Chunk, lowercase: bool = False) -> tuple[Windows, Ints]:
        """Make the windows of a chunk; see `WindowCutter.cut`.

        Args:
            chunk: the sentences.
            lowercase: whether all are read in small letters.
        """
        before, batch, after = chunk.neighbours
        vocabulary = chunk.vocabulary
        if before.num_rows or after.num_rows:
            batch = pa.concat_batches([before, batch, after])
            vocabulary = batch[WORDS].values.dictionary_encode()
        ends = batch[WORDS].offsets.to_numpy()[1:].astype(np.int64)
        own = slice(before.num_rows, batch.num_rows - after.num_rows)
        words = vocabulary.dictionary.to_pylist()
        if lowercase:
            words = [word.lower() for word in words]
        return self.cutter.cut(words, vocabulary.indices.to_numpy(), ends, document_numbers(batch), own)
