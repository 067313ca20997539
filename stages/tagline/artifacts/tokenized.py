"""The folder data/tokenized: sentences with their gold labels, and the windows of sub-words that a model reads.

labels.json                 the task's labels
provenance.json             how the windows were made, see `Windowing`
sentences/SPLIT             id, words, labels: a row a sentence, labels in IOB2 or plain
windows/SPLIT               sentence (its row), input_ids, word_ids (-1 for special tokens), labels (-100: ignored)

Each split is a data set for `datasets.load_from_disk`, in Arrow files of some 128 MiB. A sentence's windows follow each
other; a word with sub-words is whole in one of them or more, unless it is longer than a window, which holds its first
sub-words then.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc
from datasets import ClassLabel, Dataset, Features, List, Value, load_from_disk

from tagline.core.errors import UserError, require
from tagline.core.outputs import read_json, write_json
from tagline.core.provenance import PROVENANCE, sha256
from tagline.labels import label_list as label_lists
from tagline.labels.label_list import Labels

# As in `tagline.tokenization.subwords`, which training does not import: it would rerun with each change there.
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
    """Columns of the sentences of a task."""
    return Features(
        {
            "id": Value("string"),
            "words": List(Value("string")),
            "labels": List(ClassLabel(names=list(labels.names))),
        }
    )


@dataclass(frozen=True)
class Split:
    """One split: its sentences and the windows made of them, in the sentences' order."""

    sentences: Dataset
    windows: Dataset

    def ids_and_words(self) -> tuple[list[str], list[list[str]]]:
        """The id and the words of every sentence, as Python objects."""
        return self.sentences["id"][:], self.sentences["words"][:]

    def gold(self) -> npt.NDArray[np.int64]:
        """The gold label ids of all words in a row, int64 (words,)."""
        column = self.sentences.with_format("arrow")[:]["labels"]
        ids: npt.NDArray[np.int64] = pc.list_flatten(column).to_numpy().astype(np.int64)
        return ids

    def labelled_words(self, labels: Labels) -> Iterator[tuple[list[str], list[str]]]:
        """The words and gold label names of one sentence after the other."""
        for batch in self.sentences.iter(batch_size=1000):
            for words, numbers in zip(batch["words"], batch["labels"], strict=True):
                yield words, [labels.names[number] for number in numbers]

    def lengths(self) -> list[int]:
        """The number of words of every sentence."""
        lengths: list[int] = pc.list_value_length(self.sentences.with_format("arrow")[:]["words"]).to_pylist()
        return lengths


def load_labels(path: Path) -> Labels:
    """Read the labels of data/tokenized.

    Raises:
        UserError: the folder is missing or incomplete.
    """
    require(path, "tokenize-align")
    return label_lists.read(path / "labels.json")


def load_split(path: Path, split: str) -> Split:
    """Read one split of data/tokenized.

    Raises:
        UserError: the folder is missing or incomplete.
    """
    require(path / "sentences" / split, "tokenize-align")
    require(path / "windows" / split, "tokenize-align")
    try:
        return Split(load_from_disk(str(path / "sentences" / split)), load_from_disk(str(path / "windows" / split)))
    except (FileNotFoundError, ValueError) as error:
        raise UserError(f"{path} is damaged ({error}): run `dvc repro tokenize-align` again") from None


@dataclass(frozen=True)
class Windowing:
    """How words became windows of sub-words: what later stages need to do the same.

    Attributes:
        tokenizer_sha256: of the tokenizer's file.
        one_by_one: whether each word's sub-words are independent of its neighbours.
        label_all_tokens: whether all sub-words of a word are labelled, or only the first.
        max_length: longest window in sub-words, special tokens included.
        stride: overlap of neighbouring windows in sub-words.
    """

    tokenizer_sha256: str
    one_by_one: bool
    label_all_tokens: bool
    max_length: int
    stride: int


def write_windowing(windowing: Windowing, path: Path) -> None:
    """Write provenance.json of data/tokenized."""
    write_json(path / PROVENANCE, asdict(windowing))


def read_windowing(path: Path) -> Windowing:
    """Read provenance.json of data/tokenized.

    Raises:
        UserError: it is missing or damaged.
    """
    content = read_json(path / PROVENANCE, "tokenize-align")
    try:
        windowing = Windowing(**content)
    except TypeError:
        windowing = None
    if windowing is None or any(type(content[field.name]).__name__ != field.type for field in fields(Windowing)):
        raise UserError(f"{path / PROVENANCE}: damaged or of another version: run `dvc repro tokenize-align` again")
    return windowing


def check_tokenizer(path: Path, tokenizer: Path, written_by: str = "download") -> None:
    """Raise a `UserError` unless data/tokenized was made by the tokenizer in the folder ``tokenizer``, a stage's out."""
    require(tokenizer / TOKENIZER_FILE, written_by)
    if read_windowing(path).tokenizer_sha256 != sha256(tokenizer / TOKENIZER_FILE):
        raise UserError(f"{path} was made by another tokenizer than {tokenizer}: run `dvc repro tokenize-align`")
