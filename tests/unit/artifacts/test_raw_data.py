"""The folder data/raw."""

from __future__ import annotations

import shutil
import weakref
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from tagline.artifacts import raw_data
from tagline.artifacts.raw_data import RawData
from tagline.core import shards
from tagline.core.errors import UserError

ROWS = {
    "train": [{"words": ["a", "b"], "ner": ["O", "B-X"], "pos": ["N", "V"]}],
    "validation": [{"words": ["c"], "ner": ["O"], "pos": ["N"]}],
    "test": [{"words": ["d"], "ner": ["I-X"], "pos": ["A"]}],
}


def rows(data: RawData, split: str) -> list[dict]:
    return [row for batch in data.batches(split) for row in batch.to_pylist()]


def test_words_and_tags_are_kept_as_they_are(tmp_path: Path) -> None:
    assert raw_data.write(tmp_path / "raw", ROWS, ["pos", "ner"]) == {"train": 1, "validation": 1, "test": 1}
    loaded = raw_data.load(tmp_path / "raw")
    assert loaded.tag_columns == ("pos", "ner")
    assert loaded.sentences == {"train": 1, "validation": 1, "test": 1}
    assert rows(loaded, "train") == [
        {"id": "train-0", "document": "train-0", "words": ["a", "b"], "pos": ["N", "V"], "ner": ["O", "B-X"]}
    ]
    assert rows(loaded, "test") == [
        {"id": "test-0", "document": "test-0", "words": ["d"], "pos": ["A"], "ner": ["I-X"]}
    ]


def test_ids_of_the_source_are_kept(tmp_path: Path) -> None:
    train = [{"id": "doc-7", **ROWS["train"][0]}, ROWS["train"][0]]
    raw_data.write(tmp_path / "raw", ROWS | {"train": train}, ["ner"])
    assert [row["id"] for row in rows(raw_data.load(tmp_path / "raw"), "train")] == ["doc-7", "train-1"]


def test_documents_of_the_source_are_kept(tmp_path: Path) -> None:
    train = [{"document": "d", **ROWS["train"][0]}, {"id": "s", **ROWS["train"][0]}]
    raw_data.write(tmp_path / "raw", ROWS | {"train": train}, ["ner"])
    found = rows(raw_data.load(tmp_path / "raw"), "train")
    assert [(row["id"], row["document"]) for row in found] == [("train-0", "d"), ("s", "s")]


@pytest.mark.parametrize("sentences", [1, 2, 50])
def test_batches_and_shards_of_any_size_hold_the_same(tmp_path: Path, monkeypatch, sentences: int) -> None:
    written = [
        {"words": ["é"] * (n % 4), "ner": [f"T{(n * 7 + i) % 10}" for i in range(n % 4)]} for n in range(sentences)
    ]
    splits = dict.fromkeys(raw_data.SPLITS, written)
    raw_data.write(tmp_path / "whole", splits, ["ner"])
    monkeypatch.setattr(raw_data, "BATCH_WORDS", 5)
    monkeypatch.setattr(shards, "SHARD_BYTES", 200)
    for name in ("small", "again"):
        raw_data.write(tmp_path / name, (splits | {"test": iter(written)}), ["ner"])
    whole, small = raw_data.load(tmp_path / "whole"), raw_data.load(tmp_path / "small")
    assert small.sentences == whole.sentences == dict.fromkeys(raw_data.SPLITS, sentences)
    for split in raw_data.SPLITS:
        assert rows(small, split) == rows(whole, split)
        assert [{"words": row["words"], "ner": row["ner"]} for row in rows(small, split)] == written
    assert (len(list((tmp_path / "small/train").glob("*.arrow"))) > 1) == (sentences > 5)
    first, second = ([path.read_bytes() for path in sorted((tmp_path / n).rglob("*.*"))] for n in ("small", "again"))
    assert first == second
    assert sorted(str(path.relative_to(tmp_path / "whole")) for path in (tmp_path / "whole").rglob("*.*")) == [
        *("test/00000.arrow", "train/00000.arrow", "validation/00000.arrow")
    ]


def test_rows_are_read_while_they_are_written(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(raw_data, "BATCH_WORDS", 10)
    alive: weakref.WeakSet = weakref.WeakSet()

    class Row(dict):
        __hash__ = object.__hash__

    def produced() -> Iterator[Row]:
        for _ in range(100):
            row = Row(words=["a"], ner=["O"])
            alive.add(row)
            assert len(alive) <= 21, "rows of more than the batch being made and the one being written are held"
            yield row

    raw_data.write(tmp_path / "raw", {"train": produced()}, ["ner"])


def test_a_sentence_has_one_tag_per_word(tmp_path: Path) -> None:
    train = [{"words": ["a", "b"], "ner": ["O", "O"]}, {"words": ["a", "b"], "ner": ["O"]}]
    with pytest.raises(
        UserError, match="^sentence train-1: 2 words but 1 tags in column ner; expected one tag per word"
    ):
        raw_data.write(tmp_path / "raw", {"train": train}, ["ner"])


def test_an_empty_split_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="split validation: no sentences; expected at least one"):
        raw_data.write(tmp_path / "raw", ROWS | {"validation": []}, ["ner"])


def numbered(folder: Path, monkeypatch, count: int) -> RawData:
    """A training split of so many sentences of one word, their numbers, in batches of two."""
    monkeypatch.setattr(raw_data, "BATCH_WORDS", 2)
    train = [{"words": [str(n)], "ner": ["O"]} for n in range(count)]
    raw_data.write(folder / "raw", ROWS | {"train": train}, ["ner"])
    return raw_data.load(folder / "raw")


def test_chunks_have_about_so_many_words(tmp_path: Path, monkeypatch) -> None:
    chunks = list(numbered(tmp_path, monkeypatch, 11).chunks("train", 4))
    assert [chunk.num_rows for chunk in chunks] == [4, 4, 3]
    assert [word for chunk in chunks for word in chunk["words"].values.to_pylist()] == [str(n) for n in range(11)]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 20])
def test_a_sample_is_spread_over_the_split(tmp_path: Path, monkeypatch, size: int) -> None:
    sample = numbered(tmp_path, monkeypatch, 11).sample("train", size)
    assert sample == [[str(n)] for n in range(0, 11, 11 // size + 1)]
    assert len(sample) <= size


def test_words_are_named_by_sentence_index_and_form() -> None:
    batch = pa.record_batch({"id": ["x", "y", "z"], "words": [["a", "b"], [], ["c", "\u200b"]]})
    assert [raw_data.name_word(batch, index) for index in range(4)] == [
        *("x, word 0 (a)", "x, word 1 (b)", "z, word 0 (c)", "z, word 1 (\\u200b)")
    ]


def test_split_with_other_columns_is_an_error(tmp_path: Path) -> None:
    raw_data.write(tmp_path / "raw", ROWS, ["pos", "ner"])
    shutil.rmtree(tmp_path / "raw/test")
    raw_data.write(tmp_path / "other", ROWS, ["ner"])
    (tmp_path / "other/test").rename(tmp_path / "raw/test")
    expected = "test/00000.arrow: the columns are id, document, words, ner; expected id, document, words, pos, ner; run"
    with pytest.raises(UserError, match=expected):
        raw_data.load(tmp_path / "raw")
