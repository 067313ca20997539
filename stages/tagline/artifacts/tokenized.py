"""The folder data/tokenized: sentences with their gold labels, and the windows of sub-words that a model reads.

labels.json                         the labels of the task
provenance.json                     SHA-256 of the tokenizer, by which later stages check that they use the same one
sentences/SPLIT/00000.arrow, ...    id, words, labels (IOB2 or plain tags): one row per sentence
windows/SPLIT/00000.arrow, ...      sentence (its row), input_ids, word_ids (-1 for special tokens), labels (-100:
                                    ignored): one row per window

Each Arrow file is an IPC stream of at most about 128 MiB that `datasets.Dataset.from_file` opens. The windows of a
sentence are consecutive. A word with sub-words is complete in at least one of them, unless it is longer than a window,
which then has its first sub-words only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from datasets import ClassLabel, Dataset, Features, List, Value, concatenate_datasets

from tagline.artifacts import shards
from tagline.core.errors import UserError, require
from tagline.core.outputs import read_json, write_json
from tagline.core.provenance import PROVENANCE, sha256
from tagline.labels import label_list as label_lists
from tagline.labels.label_list import Labels

# Also in `tagline.tokenization.subwords`, which training does not import: a change there would train again.
TOKENIZER_FILE = "tokenizer.json"
WINDOW_FEATURES = Features(
    {
        "sentence": Value("int32"),
        "input_ids": List(Value("int32")),
        "word_ids": List(Value("int32")),
        "labels": List(Value("int64")),
    }
)


def sentence_features(labels: Labels) -> Features:
    """The columns of the sentences of a task."""
    return Features(
        {
            "id": Value("string"),
            "words": List(Value("string")),
            "labels": List(ClassLabel(names=list(labels.names))),
        }
    )


@dataclass(frozen=True)
class Split:
    """The sentences of a split, and their windows in the same order."""

    sentences: Dataset
    windows: Dataset

    def gold(self, labels: Labels) -> list[list[str]]:
        """The gold label names, one per word of each sentence."""
        return [[labels.names[number] for number in row] for row in self.sentences["labels"][:]]

    def labelled_words(self, labels: Labels) -> Iterator[tuple[list[str], list[str]]]:
        """Yield the words and the gold label names of each sentence."""
        for batch in self.sentences.iter(batch_size=1000):
            for words, numbers in zip(batch["words"], batch["labels"], strict=True):
                yield words, [labels.names[number] for number in numbers]

    def lengths(self) -> list[int]:
        """The number of words of each sentence."""
        lengths: list[int] = pc.list_value_length(column(self.sentences, "words")).to_pylist()
        return lengths

    def windows_of(self, sentence: int) -> npt.NDArray[np.int64]:
        """The rows of a sentence's windows, int64."""
        return np.flatnonzero(column(self.windows, "sentence").to_numpy() == sentence)


def column(dataset: Dataset, name: str) -> pa.ChunkedArray:
    """A column of a data set in Arrow, also of a `Dataset.select`, whose table has the rows of the whole data set."""
    return dataset.select_columns([name]).with_format("arrow")[:][name]


def load_labels(path: Path) -> Labels:
    """Read the labels of data/tokenized.

    Raises:
        UserError: the folder is missing or incomplete.
    """
    require(path, "tokenize-align")
    return label_lists.read(path / "labels.json")


def load_split(path: Path, split: str) -> Split:
    """Open one split of data/tokenized, mapped into memory, and check all of it.

    Raises:
        UserError: the folder is missing or incomplete, or a file is damaged.
    """
    require(path / "sentences" / split, "tokenize-align")
    require(path / "windows" / split, "tokenize-align")
    sentences = _load(path / "sentences" / split, sentence_features(load_labels(path)).arrow_schema)
    return Split(sentences, _load(path / "windows" / split, WINDOW_FEATURES.arrow_schema))


def _load(folder: Path, schema: pa.Schema) -> Dataset:
    shards.check(folder, schema, "tokenize-align")
    try:
        return concatenate_datasets([Dataset.from_file(str(file)) for file in shards.shard_files(folder)])
    except (ValueError, KeyError, TypeError, AttributeError) as error:  # the features in the files' metadata
        raise UserError(f"{folder}: damaged ({error}); run `dvc repro tokenize-align` again") from None


def write_provenance(tokenizer: Path, one_by_one: bool, path: Path) -> None:
    """Write which tokenizer the sub-words come from, and how it was used.

    Args:
        tokenizer: the tokenizer's folder.
        one_by_one: whether each distinct word was tokenised by itself (see `tagline.tokenization.subwords`).
        path: data/tokenized.
    """
    made_by = sha256(tokenizer / TOKENIZER_FILE)
    write_json(path / PROVENANCE, {"tokenizer_sha256": made_by, "one_by_one": one_by_one})


def is_one_by_one(path: Path) -> bool:
    """Whether data/tokenized says that words can be tokenised by themselves; False is slower but always correct."""
    return read_json(path / PROVENANCE, "tokenize-align").get("one_by_one") is True


def check_tokenizer(path: Path, tokenizer: Path, written_by: str = "download") -> None:
    """Check that data/tokenized was made with the tokenizer in a folder.

    Args:
        path: data/tokenized.
        tokenizer: the tokenizer's folder.
        written_by: the stage that wrote the tokenizer, for messages.

    Raises:
        UserError: another tokenizer made it, or one of the folders is missing.
    """
    require(tokenizer / TOKENIZER_FILE, written_by)
    made_by = read_json(path / PROVENANCE, "tokenize-align").get("tokenizer_sha256")
    if made_by != sha256(tokenizer / TOKENIZER_FILE):
        raise UserError(f"{path} was made by another tokenizer than {tokenizer}: run `dvc repro tokenize-align`")
