"""The folder data/tokenized: splits as data sets, also of selected rows, and damaged files."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from helpers.project import snapshot

from tagline.artifacts import tokenized
from tagline.artifacts.tokenized import LazyColumn, Split
from tagline.core import shards
from tagline.core.errors import UserError

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


@pytest.mark.parametrize("part", ["sentences", "windows"])
def test_a_damaged_file_is_named(finished: Path, part: str) -> None:
    file = TOKENIZED / part / "test/00000.arrow"
    content = file.read_bytes()
    file.write_bytes(content[:-8])
    with pytest.raises(
        UserError, match=f"{file}: damaged .the file is truncated.; run `dvc repro tokenize-align` again"
    ):
        tokenized.load_split(TOKENIZED, "test")
    file.write_bytes(content.replace(b'"_type"', b'"_typo"'))
    with pytest.raises(UserError, match=f"{part}/test: damaged .*; run `dvc repro tokenize-align` again"):
        tokenized.load_split(TOKENIZED, "test")
    file.unlink()
    with pytest.raises(UserError, match=f"{part}/test: no Arrow files; run `dvc repro tokenize-align` again"):
        tokenized.load_split(TOKENIZED, "test")


def test_several_shards_are_one_data_set(tmp_path: Path, monkeypatch) -> None:
    import pyarrow as pa

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
