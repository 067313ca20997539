"""The data set in data/raw."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from datasets import load_from_disk

from tagline.artifacts import raw_data, shards
from tagline.core.errors import UserError

ROWS = {
    "train": [{"words": ["a", "b"], "ner": ["O", "B-X"], "pos": ["N", "V"]}],
    "validation": [{"words": ["c"], "ner": ["O"], "pos": ["N"]}],
    "test": [{"words": ["d"], "ner": ["I-X"], "pos": ["A"]}],
}


def test_a_label_of_the_test_split_alone_has_an_id(tmp_path: Path) -> None:
    assert raw_data.write(tmp_path / "raw", ROWS, ["pos", "ner"]) == {"train": 1, "validation": 1, "test": 1}
    loaded = raw_data.load(tmp_path / "raw")
    assert loaded["train"].features["ner"].feature.names == ["B-X", "I-X", "O"]
    assert raw_data.layers(loaded) == ["pos", "ner"]
    assert loaded["test"][0] == {"id": "test-0", "words": ["d"], "pos": [0], "ner": [1]}
    assert loaded["train"][0] == {"id": "train-0", "words": ["a", "b"], "pos": [1, 2], "ner": [2, 0]}


def test_ids_of_the_source_are_kept(tmp_path: Path) -> None:
    rows = [{"id": "doc-7", **ROWS["train"][0]}, ROWS["train"][0]]
    raw_data.write(tmp_path / "raw", ROWS | {"train": rows}, ["ner"])
    assert raw_data.load(tmp_path / "raw")["train"]["id"][:] == ["doc-7", "train-1"]


@pytest.mark.parametrize("sentences", [1, 2, 50])
def test_batches_and_shards_of_any_size_hold_the_same(tmp_path: Path, monkeypatch, sentences: int) -> None:
    rows = [{"words": ["é"] * (n % 4), "ner": [f"T{(n * 7 + i) % 10}" for i in range(n % 4)]} for n in range(sentences)]
    splits = dict.fromkeys(raw_data.SPLITS, rows)
    raw_data.write(tmp_path / "whole", splits, ["ner"])
    monkeypatch.setattr(raw_data, "BATCH_WORDS", 5)
    monkeypatch.setattr(shards, "SHARD_BYTES", 200)
    for name in ("small", "again"):
        raw_data.write(tmp_path / name, (splits | {"test": iter(rows)}), ["ner"])
    whole, small = raw_data.load(tmp_path / "whole"), raw_data.load(tmp_path / "small")
    for split in raw_data.SPLITS:
        assert small[split].features == whole[split].features
        assert small[split][:] == whole[split][:]
        names = whole[split].features["ner"].feature.names
        assert [[names[tag] for tag in tags] for tags in small[split]["ner"]] == [row["ner"] for row in rows]
    assert (len(list((tmp_path / "small/train").glob("*.arrow"))) > 1) == (sentences > 5)
    first, second = ([path.read_bytes() for path in sorted((tmp_path / n).rglob("*.*"))] for n in ("small", "again"))
    assert first == second
    assert sorted(path.name for path in (tmp_path / "whole").iterdir()) == [
        *("dataset_dict.json", "test", "train", "validation")
    ]


def test_rows_are_read_while_they_are_written(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(raw_data, "BATCH_WORDS", 10)
    alive: weakref.WeakSet = weakref.WeakSet()

    class Row(dict):
        __hash__ = object.__hash__

    def rows() -> Iterator[Row]:
        for _ in range(100):
            row = Row(words=["a"], ner=["O"])
            alive.add(row)
            assert len(alive) <= 21, "rows of more than the batch being made and the one being written are held"
            yield row

    raw_data.write(tmp_path / "raw", {"train": rows()}, ["ner"])


def test_tags_must_be_as_many_as_words(tmp_path: Path) -> None:
    rows = {"train": [{"words": ["a", "b"], "ner": ["O", "O"]}, {"words": ["a", "b"], "ner": ["O"]}]}
    with pytest.raises(UserError, match="sentence train-1 has 2 words, but 1 tags in ner"):
        raw_data.write(tmp_path / "raw", rows, ["ner"])


def test_an_empty_split_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="the split validation has no sentences: expected at least one"):
        raw_data.write(tmp_path / "raw", ROWS | {"validation": []}, ["ner"])


def test_chunks_have_about_so_many_words(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(raw_data, "BATCH_WORDS", 2)
    rows = {"train": [{"words": [str(n)], "ner": ["O"]} for n in range(11)]}
    raw_data.write(tmp_path / "raw", rows, ["ner"])
    split = load_from_disk(str(tmp_path / "raw"))["train"]
    chunks = list(raw_data.chunks(split, 4))
    assert [chunk.num_rows for chunk in chunks] == [4, 4, 3]
    assert [word for chunk in chunks for word in chunk["words"].values.to_pylist()] == [str(n) for n in range(11)]


def test_words_are_named_by_sentence_number_and_form() -> None:
    batch = pa.record_batch({"id": ["x", "y", "z"], "words": [["a", "b"], [], ["c", "\u200b"]]})
    assert [raw_data.name_word(batch, place) for place in range(4)] == [
        *("x, word 0 (a)", "x, word 1 (b)", "z, word 0 (c)", "z, word 1 (\\u200b)")
    ]


def test_a_missing_folder_names_the_stage(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="raw is missing: the stage download writes it"):
        raw_data.load(tmp_path / "raw")


def test_a_folder_without_a_data_set(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no data set"):
        raw_data.load(tmp_path)


def test_a_data_set_of_other_splits(tmp_path: Path) -> None:
    raw_data.write(tmp_path / "raw", {split: ROWS[split] for split in ("train", "validation")}, ["pos", "ner"])
    with pytest.raises(UserError, match="must hold the splits train, validation, test"):
        raw_data.load(tmp_path / "raw")
