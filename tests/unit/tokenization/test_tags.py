"""Tags: the scheme of each split of a column, labels of all of them together, and what is illegal by name."""

from __future__ import annotations

from pathlib import Path

import pytest
from datasets import DatasetDict

from tagline.artifacts import raw_data
from tagline.artifacts.shards import read
from tagline.core.errors import UserError
from tagline.tokenization.tags import flat, read_tags


def made(folder: Path, **splits: str) -> DatasetDict:
    """A data set of one column, each split given as sentences of tags: ``"O B-X | O"``."""
    rows = {
        split: [{"words": [f"w{n}" for n in range(len(tags.split()))], "ner": tags.split()} for tags in text.split("|")]
        for split, text in splits.items()
    }
    raw_data.write(folder / "raw", rows, ["ner"])
    return raw_data.load(folder / "raw")


def labels_of(data: DatasetDict, split: str, scheme: str = "auto") -> list[str]:
    labels, tags = read_tags(data, "ner", scheme)
    (batch,) = read(data[split])
    return [labels.names[number] for number in tags[split].to_labels(*flat(batch["ner"]), labels)]


def test_each_split_is_read_in_its_own_scheme(tmp_path: Path) -> None:
    data = made(tmp_path, train="B-X I-X | O", validation="I-X I-X B-X", test="S-X O B-X E-X")
    labels, tags = read_tags(data, "ner", "auto")
    assert {split: read.scheme for split, read in tags.items()} == {
        "train": "IOB2",
        "validation": "IOB1",
        "test": "BIOES",
    }
    assert labels.names == ("O", "B-X", "I-X")
    assert labels_of(data, "validation") == ["B-X", "I-X", "B-X"]
    assert labels_of(data, "test") == ["B-X", "O", "B-X", "I-X"]
    assert tags["test"].counts == {"B-X": 2, "O": 1, "I-X": 1}


def test_a_label_of_the_test_split_alone_is_kept(tmp_path: Path) -> None:
    data = made(tmp_path, train="B-X O", validation="B-X", test="B-Y I-Y")
    labels, tags = read_tags(data, "ner", "auto")
    assert labels.names == ("O", "B-X", "I-X", "B-Y", "I-Y")
    assert "B-Y" not in tags["train"].counts


def test_types_without_prefix_on_few_words_are_io(tmp_path: Path) -> None:
    data = made(tmp_path, train="PER PER O O O", validation="O", test="LOC O")
    labels, tags = read_tags(data, "ner", "auto")
    assert (labels.kind, tags["train"].scheme) == ("spans", "IO")
    assert labels_of(data, "train") == ["B-PER", "I-PER", "O", "O", "O"]


def test_a_tag_called_o_among_others_is_a_plain_tag(tmp_path: Path) -> None:
    data = made(tmp_path, train="N V O N", validation="N", test="V V")
    labels, tags = read_tags(data, "ner", "auto")
    assert (labels.kind, labels.names, tags["train"].scheme) == ("tags", ("N", "O", "V"), "tags")
    assert labels_of(data, "train") == ["N", "V", "O", "N"]
    assert tags["train"].counts == {"N": 2, "V": 1, "O": 1}


def test_the_scheme_can_be_set(tmp_path: Path) -> None:
    data = made(tmp_path, train="I-X I-X O", validation="O", test="O B-X")
    assert read_tags(data, "ner", "auto")[1]["train"].scheme == "IO"
    labels, tags = read_tags(data, "ner", "IOB2")
    assert {read.scheme for read in tags.values()} == {"IOB2"}
    assert tags["train"].illegal == 1
    labels, tags = read_tags(data, "ner", "tags")
    assert (labels.kind, labels.names) == ("tags", ("B-X", "I-X", "O"))
    assert labels_of(data, "train", "tags") == ["I-X", "I-X", "O"]


def test_a_set_scheme_that_lacks_a_tag_is_refused(tmp_path: Path) -> None:
    data = made(tmp_path, train="B-X O", validation="O", test="S-X")
    expected = r"test, column ner: IOB2 has no tag S-X: expected B-, I- or O \(tokenize_align.scheme .* is IOB2\)"
    with pytest.raises(UserError, match=expected):
        read_tags(data, "ner", "IOB2")


def test_two_schemes_in_one_split_are_refused(tmp_path: Path) -> None:
    data = made(tmp_path, train="B-X L-X | S-X", validation="O", test="O")
    with pytest.raises(UserError, match="train, column ner: BIOES has no tag L-X: expected B-, I-, E-, S- or O"):
        read_tags(data, "ner", "auto")


def test_illegal_tags_are_named(tmp_path: Path) -> None:
    data = made(tmp_path, train="B-X O | O I-Y", validation="O", test="B-X E-X | B-X | E-Y")
    tags = read_tags(data, "ner", "auto")[1]
    assert tags["train"].illegal == 1
    assert list(tags["train"].illegal_places(data["train"], "ner")) == ["train-1, word 1 (w1): I-Y after O"]
    assert tags["test"].illegal == 2
    assert sorted(tags["test"].illegal_places(data["test"], "ner")) == [
        "test-1, word 0 (w0): B-X at the end",
        "test-2, word 0 (w0): E-Y at the beginning",
    ]
