"""The stage tokenize-align: data/tokenized and reports/data.json from data/raw and a tokenizer."""

from contextlib import nullcontext
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pandas.util import hash_array
from tokenizers import Tokenizer
from tqdm import tqdm

from tagline.artifacts import raw_data, tokenized
from tagline.artifacts.raw_data import ID, SPLITS, WORDS, RawData
from tagline.core.findings import LONG_SENTENCE, LONG_WORD, SHOWN, Findings
from tagline.core.names import MARKS, TOKENIZER_FILE
from tagline.core.provenance import sha256, verify, write_hashes
from tagline.core.shards import ShardWriter
from tagline.labels import label_list
from tagline.labels.label_list import Labels
from tagline.labels.schemes import OUTSIDE
from tagline.labels.tagged import TaggedSentences
from tagline.labels.windows import NO_WORD, AnyInts, Bools, Ints, Windows, align_labels
from tagline.terminal.errors import UserError
from tagline.terminal.printing import show
from tagline.text import case
from tagline.tokenization import subwords
from tagline.tokenization.context import Neighbours, document_numbers, with_neighbours
from tagline.tokenization.subword_windows import WindowCutter
from tagline.tokenization.tags import TagColumn, Tags, read_column, read_tags, unannotated
from tagline.tokenization.tokenize_align_params import TokenizeAlign

Hashes = npt.NDArray[np.uint64]

# Words that are in memory at a time; each distinct one of them is tokenised once.
CHUNK_WORDS = 2**20
# Sentences per split on which `subwords.one_by_one` and `subwords.distinguishes_case` are checked.
SAMPLED_SENTENCES = 20
# Draws the sentences of which there are copies. Those of a larger share have those of a smaller one among them.
COPIES_SEED = 0


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
    share = effective_share(loaded, data, params.lowercase_share)
    cutter = WindowCutter(loaded, one_by_one, params.max_length, params.stride, context, lowercase=share > 0)
    target.mkdir()
    label_list.write(names, target / "labels.json")
    windowing = tokenized.Windowing(
        tokenizer_sha256=sha256(tokenizer / TOKENIZER_FILE),
        one_by_one=one_by_one,
        label_all_tokens=params.label_all_tokens,
        max_length=params.max_length,
        stride=params.stride,
        context_subwords=context,
        lowercase=cutter.lowercase,
    )
    tokenized.write_windowing(windowing, target)
    writer = SplitWriter(data, column, names, cutter, params.label_all_tokens, share, target)
    metrics: dict[str, Any] = {}
    hashes: dict[str, Hashes] = {}
    for split in SPLITS:
        sizes, counts, hashes[split] = writer.write(split, tags[split], findings[split])
        if split != "train":
            repeated = are_among(hashes[split], hashes["train"])
            findings[split].add("duplicate_sentences", int(repeated.sum()), compress(data.ids(split), repeated))
        of_source = {"source": data.findings[split]} if split in data.findings else {}
        metrics[split] = sizes | split_metrics(counts, tags[split], findings[split], split) | of_source
        show("\n  ".join([summary(split, params.task, metrics[split]), *findings[split].lines()]))
    if are_same(hashes["validation"], hashes["test"]):
        raise UserError(
            f"{raw}: the same data in validation and test: all sentences of one are in the other; expected different "
            "ones; see download.dataset in params.yaml"
        )
    for split in SPLITS[1:]:
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
        UserError: see `subwords.load`, or the encoder's input is shorter.
    """
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


def effective_share(tokenizer: Tokenizer, data: RawData, share: float) -> float:
    """The param lowercase_share, or 0 if the letter case of words makes no difference to the tokenizer."""
    if not share or subwords.distinguishes_case(tokenizer, data.sample("train", SAMPLED_SENTENCES)):
        return share
    show("the tokenizer reads words of train alike in any letter case, so tokenize_align.lowercase_share has no effect")
    return 0.0


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
    """Check that no split has illegal tags.

    Raises:
        UserError: one has; the message names the first of each split.
    """
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
    """Writes the sentences and windows of splits.

    Attributes:
        data: data/raw.
        column: the column of the task.
        names: the labels of the task.
        cutter: makes the windows.
        label_all_tokens: see `align_labels`.
        share: of the sentences of train, those that are drawn for a copy in small letters.
        target: data/tokenized.
    """

    data: RawData
    column: TagColumn
    names: Labels
    cutter: WindowCutter
    label_all_tokens: bool
    share: float
    target: Path

    def write(self, split: str, tags: Tags, findings: Findings) -> tuple[dict[str, int], dict[str, int], Hashes]:
        """Write a split, and add to its findings.

        Returns:
            Its numbers of sentences, words and windows; the number of words that are known to have each label; and the
            hashes of its sentences, see `hash_sentences`.

        Raises:
            UserError: the tokenizer fails on a word, or see `_mark_unannotated`.
        """
        entities, undecided = 0, 0
        hashes = []
        share, generator = self.share if split == "train" else 0, np.random.default_rng(COPIES_SEED)
        counts = np.zeros(len(self.names.ids), np.int64)
        features, folder = tokenized.sentence_features(self.names), self.target / "windows"
        unknown = subwords.unknown_id(self.cutter.tokenizer)
        with (
            ShardWriter(self.target / "sentences" / split, features.arrow_schema) as sentences,
            ShardWriter(folder / split, tokenized.WINDOW_FEATURES.arrow_schema) as windows,
            ShardWriter(folder / tokenized.COPIES, windows.schema) if share else nullcontext() as copies,
            tqdm(total=self.data.sentences[split], desc=split, unit=" sentences", disable=None) as bar,
        ):
            chunks = self.data.chunks(split, CHUNK_WORDS)
            for neighbours in with_neighbours(chunks, self.cutter):
                chunk = neighbours[1]
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
                made, subword_counts = self._cut(neighbours, vocabulary)
                words = made.word_indices(ends - np.diff(ends, prepend=0))
                is_unknown = (made.input_ids[0] == unknown) & (words != NO_WORD)
                find_in_words(
                    findings, chunk, made.sentence, subword_counts, np.unique(words[is_unknown]), self.cutter.capacity
                )
                hashes.append(hash_sentences(vocabulary, ends))
                windows.write(self._columns(made, words, ids, sentences.rows))
                if copies:
                    drawn = generator.random(chunk.num_rows) < share
                    made = self._copies(neighbours, vocabulary, ends, drawn)
                    words = made.word_indices(ends - np.diff(ends, prepend=0))
                    copies.write(self._columns(made, words, ids, sentences.rows))
                labels = pa.ListArray.from_arrays(chunk[WORDS].offsets, ids)
                sentences.write({ID: chunk[ID], WORDS: chunk[WORDS], "labels": labels})
                counts += np.bincount(ids, minlength=len(counts))
                bar.update(chunk.num_rows)
        if undecided and not entities:
            findings.add("no_entities", 1, [f"where {undecided:,} entities begin or end is not known"])
        sizes = {"sentences": sentences.rows, "words": int(counts.sum()), "windows": windows.rows}
        sizes |= {"lowercase_windows": copies.rows} if copies else {}
        return sizes, dict(zip(self.names.names, counts.tolist(), strict=False)), np.concatenate(hashes)

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

    def _columns(self, made: Windows, words: Ints, ids: Ints, first_sentence: int) -> dict[str, pa.Array]:
        """The columns of windows with the labels of their sub-words, given those of the words."""
        marks = [number for mark in MARKS if (number := self.cutter.tokenizer.token_to_id(mark)) is not None]
        aligned = align_labels(made, words, ids, self.names.inside, self.label_all_tokens, marks)
        return tokenized.window_columns(made, aligned, first_sentence)

    def _copies(self, neighbours: Neighbours, vocabulary: pa.DictionaryArray, ends: Ints, drawn: Bools) -> Windows:
        """Make the windows in small letters of drawn sentences, but not of those that are read so anyway."""
        words, index = vocabulary.dictionary.to_pylist(), vocabulary.indices.to_numpy()
        wanted = drawn & case.informative(words, index, ends)
        made, _ = self._cut(neighbours, vocabulary, lowercase=True)
        return made.take(np.flatnonzero(wanted[made.sentence]))

    def _cut(
        self, neighbours: Neighbours, vocabulary: pa.DictionaryArray, lowercase: bool = False
    ) -> tuple[Windows, Ints]:
        """Make the windows of a chunk; see `WindowCutter.cut`.

        Args:
            neighbours: the chunk, between the sentences before and after it that are only read.
            vocabulary: the words of the chunk, dictionary-encoded.
            lowercase: whether all are read in small letters.
        """
        before, chunk, after = neighbours
        whole = chunk
        if before.num_rows or after.num_rows:
            whole = pa.concat_batches([before, chunk, after])
            vocabulary = whole[WORDS].values.dictionary_encode()
        ends = whole[WORDS].offsets.to_numpy()[1:].astype(np.int64)
        own = slice(before.num_rows, before.num_rows + chunk.num_rows)
        words, index = vocabulary.dictionary.to_pylist(), vocabulary.indices.to_numpy()
        if lowercase:
            words = [word.lower() for word in words]
        return self.cutter.cut(words, index, ends, document_numbers(whole), own)


def find_in_words(
    findings: Findings, chunk: pa.RecordBatch, owners: AnyInts, counts: Ints, unknown: Ints, capacity: int
) -> None:
    """Find unusual words and sentences in a chunk.

    Args:
        findings: to add to.
        chunk: the sentences.
        owners: int64 (windows,), the sentence of each window.
        counts: int64 (words,), the number of sub-words of each word.
        unknown: int64, the indices of the words with a sub-word that the tokenizer does not know.
        capacity: the largest number of sub-words of a window, without special tokens.
    """
    words = {
        "words_without_subwords": np.flatnonzero(counts == 0),
        "unknown_words": unknown,
        "long_words": np.flatnonzero(pc.utf8_length(chunk[WORDS].values).to_numpy() > LONG_WORD),
        "truncated_words": np.flatnonzero(counts > capacity),
    }
    for finding, indices in words.items():
        findings.add(finding, len(indices), (raw_data.name_word(chunk, int(index)) for index in indices))
    sentences = {
        "long_sentences": np.flatnonzero(pc.list_value_length(chunk[WORDS]).to_numpy() > LONG_SENTENCE),
        "windowed_sentences": np.flatnonzero(np.bincount(owners) > 1),
    }
    for finding, rows in sentences.items():
        findings.add(finding, len(rows), (chunk[ID][int(row)].as_py() for row in rows))


def hash_sentences(words: pa.DictionaryArray, ends: Ints) -> Hashes:
    """Hash sentences to 64 bits: the same words in the same order give the same hash, in every process.

    Ten million different sentences contain a collision with a probability of 3 in a million.

    Args:
        words: the words of all sentences, one after the other, dictionary-encoded (words,).
        ends: int64 (sentences,), where each sentence ends among them.

    Returns:
        uint64 (sentences,).
    """
    begins = ends - np.diff(ends, prepend=0)
    lengths = ends - begins
    positions = np.arange(len(words)) - np.repeat(begins, lengths)  # in the sentence: lengths 2, 3 give 0 1 0 1 2
    of_words = hash_array(words.dictionary.to_numpy(zero_copy_only=False).astype(object), categorize=False)
    # A factor per position distinguishes orders of the same words; an odd one keeps all bits of a word's hash.
    factors = hash_array(np.arange(lengths.max(initial=0), dtype=np.uint64)) | np.uint64(1)
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(of_words[words.indices.to_numpy()] * factors[positions])])
    return sums[ends] - sums[begins] + lengths.astype(np.uint64)


def are_among(hashes: Hashes, others: Hashes) -> npt.NDArray[np.bool_]:
    """Whether each hash is one of some others, bool, of the shape of ``hashes``; there is at least one other."""
    others = np.sort(others)
    nearest = np.searchsorted(others, hashes).clip(max=len(others) - 1)
    return others[nearest] == hashes


def are_same(first: Hashes, second: Hashes) -> bool:
    """Whether all sentences of one of two splits are in the other one, by their hashes."""
    return bool(are_among(first, second).all() or are_among(second, first).all())


def split_metrics(labels: dict[str, int], tags: Tags, findings: Findings, split: str) -> dict[str, Any]:
    """The part of reports/data.json about labels and findings."""
    respelled = {"respelled": tags.column.respelled} if tags.column.respelled else {}
    metrics = {"scheme": tags.scheme, **respelled, "labels": labels, **findings.counts}
    if split == "train":
        del metrics["unseen_labels"], metrics["duplicate_sentences"]  # both compare a split with train
    return metrics


def summary(split: str, task: str, metrics: dict[str, Any]) -> str:
    """One line for the terminal about the size of a split and its label scheme."""
    sizes = ", ".join(f"{metrics[size]:,} {size}" for size in ("sentences", "words", "windows"))
    scheme = {"tags": "plain tags", "IOB2": "IOB2"}.get(metrics["scheme"], f"{metrics['scheme']}, converted to IOB2")
    if copies := metrics.get("lowercase_windows"):
        sizes += f" and {copies:,} of copies in small letters"
    return f"{split}: {sizes}; {task} is in {scheme}"
