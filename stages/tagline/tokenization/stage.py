"""The stage tokenize-align: data/tokenized and reports/data.json from data/raw and a tokenizer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from tokenizers import Tokenizer
from tqdm import tqdm

from tagline.artifacts import raw_data, tokenized
from tagline.artifacts.raw_data import ID, SPLITS, WORDS, RawData
from tagline.core.errors import UserError, require
from tagline.core.findings import LONG_SENTENCE, LONG_WORD, SHOWN, Findings
from tagline.core.names import MARKS, TOKENIZER_FILE
from tagline.core.outputs import read_json
from tagline.core.provenance import PROVENANCE, sha256, verify, write_hashes
from tagline.core.shards import ShardWriter
from tagline.core.terminal import show
from tagline.labels import label_list
from tagline.labels.alignment import IGNORED, NO_WORD, align_labels
from tagline.labels.arrays import Ints
from tagline.labels.label_list import Labels
from tagline.labels.schemes import OUTSIDE
from tagline.labels.tagged import TaggedSentences
from tagline.tokenization import subwords
from tagline.tokenization.context import Surrounded, document_numbers, surrounded
from tagline.tokenization.duplicates import Hashes, TrainingSentences, are_same, hash_sentences
from tagline.tokenization.subword_windows import Cut, WindowCutter
from tagline.tokenization.tags import TagColumn, Tags, read_column, read_tags, unannotated
from tagline.tokenization.tokenize_align_params import TokenizeAlign

# Words that are in memory at a time; each distinct one of them is tokenised once.
CHUNK_WORDS = 2**20
# Sentences per split on which `subwords.one_by_one` is checked.
SAMPLED_SENTENCES = 20


def tokenize_align(raw: Path, tokenizer: Path, params: TokenizeAlign, target: Path) -> dict[str, Any]:
    """Write data/tokenized.

    Args:
        raw: data/raw.
        tokenizer: the folder of the tokenizer.
        params: the section ``tokenize_align``.
        target: the folder to make.

    Returns:
        The metrics of every split.

    Raises:
        UserError: an input is missing or damaged; task, tokenizer and params do not match; a tag is not allowed, or a
            limit is exceeded.
    """
    verify(raw, "download")
    verify(tokenizer, "download")
    data = raw_data.load(raw)
    if params.task not in data.tag_columns:
        raise UserError(
            f"{raw}: no column {params.task!r} (tokenize_align.task in params.yaml); expected one of "
            f"{', '.join(data.tag_columns)}"
        )
    loaded = load_tokenizer(tokenizer, params.max_length)
    column = read_column(data, params.task, params.scheme, params.outside)
    for line in column.case_variants():
        show(line)
    names, tags = read_tags(column, params.scheme)
    column = tags["train"].column
    if column.respelled:
        pairs = [f"{tag} as {name}" for tag, name in column.respelled.items()]
        more = ", ..." if len(pairs) > SHOWN else ""
        show(f"column {column.name}: tags in another spelling; read {', '.join(pairs[:SHOWN])}{more}")
    findings = {split: find_in_tags(split, tags) for split in SPLITS}
    if params.illegal == "error":
        check_no_illegal_tags(findings, tags)
    show(f"{params.task}: {len(names.names)} labels: {', '.join(names.names)}")
    one_by_one = is_one_by_one(loaded, data)
    context = trained_context(data, raw, params.context_subwords)
    cutter = WindowCutter(loaded, one_by_one, params.max_length, params.stride, context)
    target.mkdir()
    label_list.write(names, target / "labels.json")
    windowing = tokenized.Windowing(
        tokenizer_sha256=sha256(tokenizer / TOKENIZER_FILE),
        one_by_one=one_by_one,
        label_all_tokens=params.label_all_tokens,
        max_length=params.max_length,
        stride=params.stride,
        context_subwords=context,
    )
    tokenized.write_windowing(windowing, target)
    writer = SplitWriter(data, column, names, cutter, params.label_all_tokens, target)
    metrics = {}
    of_source = source_findings(raw)
    for split in SPLITS:
        sizes, counts = writer.write(split, tags[split], findings[split])
        of_labels = split_metrics(counts, tags[split], findings[split], split)
        metrics[split] = sizes | of_labels | of_source.get(split, {})
        show("\n  ".join([summary(split, params.task, metrics[split]), *findings[split].lines()]))
    if are_same(*map(np.concatenate, writer.held_out.values())):
        raise UserError(
            f"{raw}: the same data in validation and test: all sentences of one are in the other; expected different "
            "ones; see download.dataset in params.yaml"
        )
    for split in writer.held_out:
        if metrics[split]["unknown_labels"] == metrics[split]["words"]:
            raise UserError(
                f"{raw}: no word of {split} has a known label, so that there is nothing to score; expected some; "
                "annotate words, or choose another file; see download.dataset in params.yaml"
            )
    over = [f"{split}: {line}" for split in SPLITS for line in findings[split].over(params.limits.model_dump())]
    if over:
        raise UserError(
            "\n  ".join([f"{raw}: limits in params.yaml are exceeded; correct the data or raise them:", *over])
        )
    write_hashes(target)
    return metrics


def load_tokenizer(folder: Path, max_length: int) -> Tokenizer:
    """Load the tokenizer and check that its encoder reads windows of a length.

    Raises:
        UserError: the folder is missing, see `subwords.load`, or the encoder's input is shorter.
    """
    require(folder, "download")
    tokenizer, longest = subwords.load(folder)
    if longest is not None and max_length > longest:
        raise UserError(
            f"tokenize_align.max_length is {max_length}, but the encoder reads at most {longest} sub-words; lower it "
            "in params.yaml"
        )
    return tokenizer


def is_one_by_one(tokenizer: Tokenizer, data: RawData) -> bool:
    """Check on some sentences whether each distinct word can be tokenised by itself, and print if not."""
    sentences = [words for split in SPLITS for words in data.sample(split, SAMPLED_SENTENCES)]
    one_by_one = subwords.one_by_one(tokenizer, sentences)
    if not one_by_one:
        print("the tokenizer splits a word depending on its neighbours: every sentence is tokenised, which is slower")
    return one_by_one


def trained_context(data: RawData, raw: Path, context: int) -> int:
    """The param context_subwords, or 0 if no sentence of train has another one of its document beside it."""
    if not context or any(document_numbers(each)[-1] + 1 < each.num_rows for each in data.chunks("train", CHUNK_WORDS)):
        return context
    show(
        f"{raw}: no two sentences of train share a document, so tokenize_align.context_subwords has no effect; the "
        "exported model reads no context either"
    )
    return 0


def find_in_tags(split: str, tags: dict[str, Tags]) -> Findings:
    """Find illegal tags, unseen labels and a lack of entities in a split."""
    findings = Findings()
    findings.add("illegal_tags", tags[split].illegal, tags[split].illegal_tags())
    trained_on = tags["train"].counts
    unseen = sorted(label for label, count in tags[split].counts.items() if count and not trained_on.get(label))
    findings.add("unseen_labels", len(unseen), [", ".join(unseen)])
    words, outside = sum(tags[split].counts.values()), tags[split].counts.get(OUTSIDE, 0)
    findings.add("no_entities", tags[split].scheme != "tags" and 0 < words == outside, [f"all {words:,} words are O"])
    return findings


def check_no_illegal_tags(findings: dict[str, Findings], tags: dict[str, Tags]) -> None:
    """Raise a `UserError` that names the first illegal tags of each split, if there are any."""
    lines = [
        f"{split}, in {tags[split].scheme}: {findings[split].line('illegal_tags')}"
        for split in SPLITS
        if tags[split].illegal
    ]
    if lines:
        raise UserError(
            "\n  ".join(["illegal tags; correct them, or set tokenize_align.illegal: repair in params.yaml:", *lines])
        )


@dataclass(frozen=True)
class SplitWriter:
    """Writes the sentences and windows of the splits; train first, since duplicates of it are searched in the others.

    Attributes:
        data: data/raw.
        column: the column of the task.
        names: the labels of the task.
        cutter: makes the windows.
        label_all_tokens: see `align_labels`.
        target: data/tokenized.
        training: the training sentences so far.
        held_out: the hashes of the sentences of validation and test, by chunks.
    """

    data: RawData
    column: TagColumn
    names: Labels
    cutter: WindowCutter
    label_all_tokens: bool
    target: Path
    training: TrainingSentences = field(default_factory=TrainingSentences)
    held_out: dict[str, list[Hashes]] = field(default_factory=lambda: {"validation": [], "test": []})

    def write(self, split: str, tags: Tags, findings: Findings) -> tuple[dict[str, int], dict[str, int]]:
        """Write a split, and add to its findings.

        Returns:
            Its numbers of sentences, words and windows, and the number of words that are known to have each label.
        """
        entities, undecided = 0, 0
        counts = np.zeros(len(self.names.ids), np.int64)
        features = tokenized.sentence_features(self.names)
        unknown = subwords.unknown_id(self.cutter.tokenizer)
        marks = [number for mark in MARKS if (number := self.cutter.tokenizer.token_to_id(mark)) is not None]
        with (
            ShardWriter(self.target / "sentences" / split, features.arrow_schema) as sentences,
            ShardWriter(self.target / "windows" / split, tokenized.WINDOW_FEATURES.arrow_schema) as windows,
            tqdm(total=self.data.sentences[split], desc=split, unit=" sentences", disable=None) as bar,
        ):
            chunks = self.data.chunks(split, CHUNK_WORDS)
            for around in surrounded(chunks, self.cutter.tokenizer, self.cutter.context):
                chunk = around.chunk
                tag_ids, ends = self.column.ids(chunk)
                ids = self._mark_unannotated(chunk, tags.to_labels(tag_ids, ends, self.names))
                unknown_labels = np.flatnonzero(ids >= len(self.names.names))
                words_of = (raw_data.name_word(chunk, int(index)) for index in unknown_labels)
                findings.add("unknown_labels", len(unknown_labels), words_of)
                if self.names.sets and split != "train":
                    lengths = chunk[WORDS].value_lengths().to_pylist()
                    gold = TaggedSentences(self.names, lengths, ids * 0, np.zeros(len(ids), np.float32), gold=ids)
                    entities += len(gold.gold_entities.start)
                    undecided += gold.left_out[0]
                vocabulary = chunk[WORDS].values.dictionary_encode()
                cut = self._cut(around, vocabulary)
                find_in_words(findings, chunk, cut, unknown, self.cutter.capacity)
                self._find_duplicates(findings, split, chunk, hash_sentences(vocabulary, ends))
                aligned = align_words(cut, ids, self.names.inside, self.label_all_tokens, marks)
                windows.write(tokenized.window_columns(cut.windows, aligned, first_sentence=sentences.rows))
                labels = pa.ListArray.from_arrays(chunk[WORDS].offsets, ids)
                sentences.write({ID: chunk[ID], WORDS: chunk[WORDS], "labels": labels})
                counts += np.bincount(ids, minlength=len(counts))
                bar.update(chunk.num_rows)
        if undecided and not entities:
            findings.add("no_entities", 1, [f"where {undecided:,} entities begin or end is not known"])
        sizes = {"sentences": sentences.rows, "words": int(counts.sum()), "windows": windows.rows}
        return sizes, dict(zip(self.names.names, counts.tolist(), strict=False))

    def _mark_unannotated(self, chunk: pa.RecordBatch, ids: Ints) -> Ints:
        """Give words that are O where not all types are annotated the id of the labels that are possible.

        Raises:
            UserError: such a sentence has an entity of another type.
        """
        if not self.data.annotated:
            return ids
        ids = ids.copy()
        lengths = chunk[WORDS].value_lengths().to_numpy()
        annotated = [None if types is None else tuple(types) for types in chunk[raw_data.ANNOTATED].to_pylist()]
        types_of_ids = np.array([*self.names.type_of_labels, *[""] * len(self.names.sets)])
        for types in sorted({each for each in annotated if each is not None}):
            words = np.flatnonzero(np.repeat([each == types for each in annotated], lengths))
            wrong = words[~np.isin(types_of_ids[ids[words]], ["", *types])]
            if len(wrong):
                raise UserError(
                    f"{raw_data.name_word(chunk, int(wrong[0]))}: {self.names.names[ids[wrong[0]]]} in a file of which "
                    f"only {', '.join(types)} are annotated; see download.dataset.annotated_types in params.yaml"
                )
            outside = words[ids[words] == self.names.label2id[OUTSIDE]]
            ids[outside] = self.names.ids[unannotated(self.names, types)]
        return ids

    def _cut(self, around: Surrounded, vocabulary: pa.DictionaryArray) -> Cut:
        """Make the windows of a chunk, whose words are given dictionary-encoded."""
        whole = around.all
        if whole is not around.chunk:
            vocabulary = whole[WORDS].values.dictionary_encode()
        ends = whole[WORDS].offsets.to_numpy()[1:].astype(np.int64)
        own = slice(around.before.num_rows, around.before.num_rows + around.chunk.num_rows)
        words, index = vocabulary.dictionary.to_pylist(), vocabulary.indices.to_numpy()
        return self.cutter.cut(words, index, ends, document_numbers(whole), own)

    def _find_duplicates(self, findings: Findings, split: str, chunk: pa.RecordBatch, hashes: Hashes) -> None:
        if split == "train":
            self.training.add(hashes)
            return
        self.held_out[split].append(hashes)
        repeated = self.training.find(hashes)
        findings.add("duplicate_sentences", len(repeated), (chunk[ID][int(row)].as_py() for row in repeated))


def align_words(
    cut: Cut, labels: Ints, inside: Sequence[int], label_all_tokens: bool, marks: Sequence[int] = ()
) -> Ints:
    """Align the label ids of words, int64 (words,), to the sub-words of their windows; see `align_labels`.

    ``marks`` are the ids of the sub-words that mark capitals.
    """
    is_word = cut.words != NO_WORD
    of_words = np.full(len(cut.words), IGNORED, dtype=np.int64)
    of_words[is_word] = labels[cut.words[is_word]]
    is_mark = np.isin(cut.windows.input_ids[0], marks)
    return align_labels(of_words, cut.sizes, inside, label_all_tokens, is_mark)


def find_in_words(findings: Findings, chunk: pa.RecordBatch, cut: Cut, unknown: int | None, capacity: int) -> None:
    """Find unusual words and sentences in a chunk.

    Args:
        findings: to add to.
        chunk: the sentences.
        cut: their windows.
        unknown: of `subwords.unknown_id`.
        capacity: the largest number of sub-words of a window, without special tokens.
    """
    words = {
        "words_without_subwords": np.flatnonzero(cut.counts == 0),
        "unknown_words": cut.words_with(unknown),
        "long_words": np.flatnonzero(pc.utf8_length(chunk[WORDS].values).to_numpy() > LONG_WORD),
        "truncated_words": np.flatnonzero(cut.counts > capacity),
    }
    for finding, indices in words.items():
        findings.add(finding, len(indices), (raw_data.name_word(chunk, int(index)) for index in indices))
    sentences = {
        "long_sentences": np.flatnonzero(pc.list_value_length(chunk[WORDS]).to_numpy() > LONG_SENTENCE),
        "windowed_sentences": np.flatnonzero(np.bincount(cut.windows.sentence) > 1),
    }
    for finding, rows in sentences.items():
        findings.add(finding, len(rows), (chunk[ID][int(row)].as_py() for row in rows))


def split_metrics(labels: dict[str, int], tags: Tags, findings: Findings, split: str) -> dict[str, Any]:
    """The part of reports/data.json about labels and findings."""
    counts = dict(findings.counts)
    if split == "train":
        del counts["unseen_labels"], counts["duplicate_sentences"]  # both compare a split with train
    respelled = {"respelled": tags.column.respelled} if tags.column.respelled else {}
    return {
        "scheme": tags.scheme,
        **respelled,
        "labels": labels,
        **counts,
    }


def source_findings(raw: Path) -> dict[str, dict[str, Any]]:
    """What the stage download found in annotations, by split, for reports/data.json; empty for other sources."""
    provenance = read_json(raw / PROVENANCE, "download")
    return {split: {"source": counts} for split, counts in provenance.get("findings", {}).items()}


def summary(split: str, task: str, metrics: dict[str, Any]) -> str:
    """One line for the terminal about the size of a split and its label scheme."""
    sizes = ", ".join(f"{metrics[size]:,} {size}" for size in ("sentences", "words", "windows"))
    scheme = {"tags": "plain tags", "IOB2": "IOB2"}.get(metrics["scheme"], f"{metrics['scheme']}, converted to IOB2")
    return f"{split}: {sizes}; {task} is in {scheme}"
