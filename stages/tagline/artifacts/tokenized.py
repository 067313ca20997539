"""The folder data/tokenized: sentences with their gold labels, and the windows of sub-words that a model reads.

labels.json                         the labels of the task, and the sets of labels that are possible for words
provenance.json                     how the windows were made, see `Windowing`
hashes.json                         the SHA-256 of each file
sentences/SPLIT/00000.arrow, ...    id, words, labels (IOB2 or plain tags; ids beyond them are of the sets in
                                    labels.json, the labels that are possible; only train has such words): one row per
                                    sentence
windows/SPLIT/00000.arrow, ...      sentence (its row), input_ids, word_ids (-1 for special tokens), labels (-100:
                                    ignored): one row per window
windows/train_lowercase/...         with ``lowercase_share``: likewise, of copies of some sentences of train

The splits are train and validation. Test and further test sets, on which no training depends, are in
data/tokenized_tests likewise; labels.json has after the labels of the task those that only they have.
Each Arrow file is an IPC stream of at most about 128 MiB that `datasets.Dataset.from_file` opens. The windows of a
sentence are consecutive. A word with sub-words is complete in at least one of them, unless it is longer than a window,
which then has its first sub-words only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from datasets import ClassLabel, Dataset, Features, List, Value, concatenate_datasets

from tagline.core import PROVENANCE, TOKENIZER_FILE, read_json, reading, require, sha256, shards, write_json
from tagline.labels import AnyInts, Bools, Ints, LabelIds, Labels, Windows
from tagline.labels import label_list as label_lists
from tagline.terminal import UserError

Element = TypeVar("Element")

# The windows of sentences of train in small letters and with typing errors, numbered and labelled as their originals.
LOWERCASE = "train_lowercase"
COPIES = (LOWERCASE,)

WINDOW_FEATURES = Features(
    {
        "sentence": Value("int32"),
        "input_ids": List(Value("int32")),
        "word_ids": List(Value("int32")),
        "labels": List(Value("int64")),
    }
)


def window_columns(windows: Windows, labels: Ints, first_sentence: int) -> dict[str, pa.Array]:
    """The columns of `WINDOW_FEATURES`, of windows in one array per column.

    Args:
        labels: int64, label ids of the sub-words.
        first_sentence: the row of their first sentence in its split.
    """
    offsets = windows.offsets[0]
    return {
        "sentence": pa.array((windows.sentence + first_sentence).astype(np.int32)),
        "input_ids": pa.ListArray.from_arrays(offsets, windows.input_ids[0]),
        "word_ids": pa.ListArray.from_arrays(offsets, windows.word_ids[0]),
        "labels": pa.ListArray.from_arrays(offsets, labels),
    }


def sentence_features(labels: Labels) -> Features:
    labels_of_words = List(ClassLabel(names=list(labels.names)))
    return Features({"id": Value("string"), "words": List(Value("string")), "labels": labels_of_words})


@dataclass(frozen=True)
class Split:
    """The sentences of a split, their windows in the same order, and their label list."""

    sentences: Dataset
    windows: Dataset
    labels: Labels

    def ids_and_words(self) -> tuple[LazyColumn[str], LazyColumn[list[str]]]:
        return LazyColumn(column(self.sentences, "id")), LazyColumn(column(self.sentences, "words"))

    def gold(self) -> LabelIds:
        """The gold ids of all words, in train also of sets of labels, int32 (words,)."""
        return pc.list_flatten(column(self.sentences, "labels")).cast(pa.int32()).to_numpy()

    def labelled_words(self) -> Iterator[tuple[list[str], list[str]]]:
        """Yield the words and gold label names of each sentence; "" for unknown labels."""
        names = [*self.labels.names, *("" for _ in self.labels.sets)]
        for batch in self.sentences.iter(batch_size=1000):
            for words, numbers in zip(batch["words"], batch["labels"], strict=True):
                yield words, [names[number] for number in numbers]

    def is_complete(self) -> Bools:
        """Whether the label of each word of a sentence is known, which may be false in train, bool (sentences,)."""
        unknown = self.gold() >= len(self.labels.names)
        before = np.cumsum(np.append(0, unknown))
        ends = np.cumsum(self.lengths(), dtype=np.int64)
        return before[ends] == before[ends - self.lengths()]

    def lengths(self) -> list[int]:
        """Words of each sentence."""
        return list(pc.list_value_length(column(self.sentences, "words")).to_pylist())

    @cached_property
    def mapped_windows(self) -> Windows:
        """The windows in memory-mapped files, which all processes share."""
        table: pa.Table = self.windows.with_format("arrow")[:]
        batches = table.to_batches()

        def values(name: str) -> list[AnyInts]:
            return [batch[name].flatten().to_numpy() for batch in batches]

        return Windows(
            sentence=table["sentence"].to_numpy(),
            offsets=[_offsets(batch["input_ids"]) for batch in batches],
            input_ids=values("input_ids"),
            word_ids=values("word_ids"),
            labels=values("labels"),
        )

    def windows_of(self, sentence: int) -> Ints:
        """The rows of a sentence's windows, int64."""
        return np.flatnonzero(column(self.windows, "sentence").to_numpy() == sentence)


def _offsets(lists: pa.ListArray) -> Ints:
    """Offsets among the values: lists of 2 and 3 values give 0 2 5."""
    return np.concatenate([[0], np.cumsum(lists.value_lengths().to_numpy(), dtype=np.int64)])


class LazyColumn(Sequence[Element]):
    """A column in Arrow, whose values become Python objects when asked for."""

    def __init__(self, values: pa.ChunkedArray) -> None:
        self.values = values

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return self.values[index].to_pylist()
        return self.values[index].as_py()

    def __iter__(self) -> Iterator[Element]:
        for batch in pa.table([self.values], ["values"]).to_batches(max_chunksize=1000):
            yield from batch["values"].to_pylist()

    def __arrow_array__(self, type: pa.DataType) -> pa.ChunkedArray:  # noqa: A002  # pyarrow's name
        return self.values.cast(type)


def column(dataset: Dataset, name: str) -> pa.ChunkedArray:
    """A column in Arrow, also of a `Dataset.select`, whose table has the rows of the whole data set."""
    return dataset.select_columns([name]).with_format("arrow")[:][name]


def load_labels(path: Path) -> Labels:
    """Read the labels of data/tokenized.

    Raises:
        UserError: the file is missing or damaged.
    """
    return label_lists.read(path / "labels.json")


def splits(path: Path) -> list[str]:
    """List the splits of data/tokenized, or of data/tokenized_tests, perhaps none."""
    return sorted(folder.name for folder in (path / "sentences").glob("*"))


def load_split(path: Path, split: str) -> Split:
    """Open one split of a folder, whose hashes the caller has verified, memory-mapped.

    Raises:
        UserError: there is no such split.
    """
    if not (path / "sentences" / split).is_dir():
        raise UserError(
            f"{path}: no split {split}; expected one of {', '.join(splits(path))}; name its file in params.yaml, or "
            "remove it where it is asked for"
        )
    return Split(_load(path / "sentences" / split), _load(path / "windows" / split), load_labels(path))


def with_copies(train: Split, path: Path) -> Split:
    """The split train with the windows of its copies, if any, after its own."""
    folders = [path / "windows" / name for name in COPIES]
    copies = [_load(folder) for folder in folders if folder.is_dir()]
    return replace(train, windows=concatenate_datasets([train.windows, *copies])) if copies else train


def _load(folder: Path) -> Dataset:
    with reading(folder, "tokenize-align", expected="streams of Arrow IPC"):
        return concatenate_datasets([Dataset.from_file(str(file)) for file in shards.shard_files(folder)])


@dataclass(frozen=True)
class Windowing:
    """How words became windows of sub-words: what later stages need to do the same.

    Attributes:
        one_by_one: whether each word's sub-words are independent of its neighbours.
        label_all_tokens: whether all sub-words of a word are labelled, or only the first.
        max_length: largest number of sub-words of a window, special tokens included.
        stride: largest number of sub-words that two consecutive windows share.
        lowercase: whether sentences whose capitals say nothing are read in small letters (`tagline.text.case`).
    """

    tokenizer_sha256: str
    one_by_one: bool
    label_all_tokens: bool
    max_length: int
    stride: int
    lowercase: bool = False


def write_windowing(windowing: Windowing, path: Path) -> None:
    values = asdict(windowing)
    if not windowing.lowercase:  # as before there was this key, so that nothing is trained again
        del values["lowercase"]
    write_json(path / PROVENANCE, values)


def read_windowing(path: Path) -> Windowing:
    """Read a verified provenance.json of data/tokenized."""
    return Windowing(**read_json(path / PROVENANCE, "tokenize-align"))


def check_tokenizer(path: Path, tokenizer: Path, written_by: str = "download") -> None:
    """Check that data/tokenized was made with the tokenizer in a folder.

    Raises:
        UserError: another tokenizer made it, or one of the folders is missing.
    """
    require(tokenizer / TOKENIZER_FILE, written_by)
    if read_windowing(path).tokenizer_sha256 != sha256(tokenizer / TOKENIZER_FILE):
        raise UserError(f"{path} was made by another tokenizer than {tokenizer}: run `dvc repro tokenize-align`")
