"""The folder data/tokenized: sentences with their gold labels, and the windows of sub-words that a model reads.

labels.json                 the task's labels
provenance.json             SHA-256 of the tokenizer, by which the later stages know that they use the same one
sentences/SPLIT             id, words, labels: a row a sentence, labels in IOB2 or plain
windows/SPLIT               sentence (its row), input_ids, word_ids (-1 for special tokens), labels (-100: ignored)

Each split is a data set for `datasets.load_from_disk`, in Arrow files of some 128 MiB. A sentence's windows follow each
other; a word with sub-words is whole in one of them or more, unless it is longer than a window, which holds its first
sub-words then.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

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

    def gold(self, labels: Labels) -> list[list[str]]:
        """The gold label names of every word."""
        return [[labels.names[number] for number in row] for row in self.sentences["labels"][:]]

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


def write_provenance(tokenizer: Path, one_by_one: bool, path: Path) -> None:
    """Write down what sub-words were made by.

    Args:
        tokenizer: the folder of the tokenizer.
        one_by_one: whether it makes the same sub-words of a word whatever stands beside it.
        path: data/tokenized.
    """
    made_by = sha256(tokenizer / TOKENIZER_FILE)
    write_json(path / PROVENANCE, {"tokenizer_sha256": made_by, "one_by_one": one_by_one})


def is_one_by_one(path: Path) -> bool:
    """What `write_provenance` was told; without a word of it, the slower way, which is right for any tokenizer."""
    return read_json(path / PROVENANCE, "tokenize-align").get("one_by_one") is True


def check_tokenizer(path: Path, tokenizer: Path, written_by: str = "download") -> None:
    """Raise a `UserError` unless data/tokenized was made by the tokenizer in the folder ``tokenizer``, a stage's out."""
    require(tokenizer / TOKENIZER_FILE, written_by)
    made_by = read_json(path / PROVENANCE, "tokenize-align").get("tokenizer_sha256")
    if made_by != sha256(tokenizer / TOKENIZER_FILE):
        raise UserError(f"{path} was made by another tokenizer than {tokenizer}: run `dvc repro tokenize-align`")
