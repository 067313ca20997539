"""The data set in data/raw."""

from __future__ import annotations

from pathlib import Path

import pytest

from tagging import corpus
from tagging.faults import Fault

ROWS = {
    "train": [{"words": ["a", "b"], "ner": ["O", "B-X"], "pos": ["N", "V"]}],
    "validation": [{"words": ["c"], "ner": ["O"], "pos": ["N"]}],
    "test": [{"words": ["d"], "ner": ["I-X"], "pos": ["A"]}],
}


def test_a_label_of_the_test_split_alone_has_an_id(tmp_path: Path) -> None:
    corpus.build(ROWS, ["pos", "ner"]).save_to_disk(tmp_path / "raw")
    loaded = corpus.load(tmp_path / "raw")
    assert loaded["train"].features["ner"].feature.names == ["B-X", "I-X", "O"]
    assert corpus.layers(loaded) == ["pos", "ner"]
    assert corpus.tags(loaded["test"], "ner") == [["I-X"]]
    assert loaded["train"][0] == {"id": "train-0", "words": ["a", "b"], "pos": [1, 2], "ner": [2, 0]}


def test_a_missing_folder_names_the_stage(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="raw is missing: the stage download writes it"):
        corpus.load(tmp_path / "raw")


def test_a_folder_without_a_data_set(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="holds no data set"):
        corpus.load(tmp_path)


def test_a_data_set_of_other_splits(tmp_path: Path) -> None:
    made = corpus.build(ROWS, ["pos", "ner"])
    del made["test"]
    made.save_to_disk(tmp_path / "raw")
    with pytest.raises(Fault, match="must hold the splits train, validation, test"):
        corpus.load(tmp_path / "raw")
