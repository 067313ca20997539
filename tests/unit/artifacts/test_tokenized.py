"""The folder data/tokenized: splits as data sets, also of selected rows, and damaged files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from helpers.project import snapshot

from tagline.artifacts import tokenized
from tagline.artifacts.tokenized import LazyColumn, Split
from tagline.core import shards
from tagline.core.errors import UserError
from tagline.labels import label_list

TOKENIZED = Path("data/tokenized")


def test_selected_rows_are_read_as_the_rows_that_they_are(finished: Path) -> None:
    """The Arrow table of a `Dataset.select` still has all rows."""
    whole = tokenized.load_split(TOKENIZED, "train")
    rows = [5, 2, 7]
    some = Split(whole.sentences.select(rows), whole.windows.select([9, 3]))
    assert some.lengths() == [whole.lengths()[row] for row in rows] == [6, 24, 6]
    assert tokenized.column(some.sentences, "id").to_pylist() == ["train-5", "train-2", "train-7"]
    window = whole.windows[9]
    assert some.windows_of(window["sentence"]).tolist() == [0]
    assert whole.windows_of(2).tolist() == [2, 3], "a long sentence has two windows"


def test_loading_writes_nothing(finished: Path) -> None:
    before = snapshot(TOKENIZED)
    split = tokenized.load_split(TOKENIZED, "test")
    assert len(split.sentences[:]["id"]) == len(split.lengths()) == 6
    assert len(list(split.labelled_words(tokenized.load_labels(TOKENIZED)))) == 6
    assert snapshot(TOKENIZED) == before


def test_other_labels_than_in_the_label_list_are_an_error(finished: Path) -> None:
    labels = tokenized.load_labels(TOKENIZED)
    label_list.write(replace(labels, names=labels.names[:3]), TOKENIZED / "labels.json")
    with pytest.raises(
        UserError, match=r"sentences/test: damaged \(the features differ from those of labels.json\); run"
    ):
        tokenized.load_split(TOKENIZED, "test")


def test_several_shards_are_one_data_set(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(shards, "SHARD_BYTES", 1)
    schema = tokenized.WINDOW_FEATURES.arrow_schema
    with shards.ShardWriter(tmp_path / "windows", schema) as writer:
        for number in range(3):
            lists = {name: pa.array([[number]], schema.field(name).type) for name in schema.names[1:]}
            writer.write({"sentence": pa.array([number], pa.int32()), **lists})
    loaded = tokenized._load(tmp_path / "windows", tokenized.WINDOW_FEATURES)
    assert len(shards.shard_files(tmp_path / "windows")) == 3
    assert loaded["sentence"][:] == [0, 1, 2]
    assert loaded.features == tokenized.WINDOW_FEATURES


def test_a_lazy_column() -> None:
    values = pa.chunked_array([[["a"], ["b", "c"]], [[]]], pa.list_(pa.string()))
    column = LazyColumn(values)
    assert (len(column), column[1], column[-1]) == (3, ["b", "c"], [])
    assert list(column) == column[0:3] == [["a"], ["b", "c"], []]
    assert pa.array(column, pa.list_(pa.large_string())).to_pylist() == values.to_pylist()
