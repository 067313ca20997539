"""Shards: what is written in batches is a data set for `datasets`, in files of bounded size."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest
from datasets import Features, List, Value, load_from_disk

from tagline.artifacts import shards
from tagline.artifacts.shards import ShardWriter, read

FEATURES = Features({"n": Value("int32"), "words": List(Value("string"))})


def write(folder: Path, numbers: range, step: int = 10) -> None:
    with ShardWriter(folder, FEATURES, "train") as writer:
        for start in range(0, len(numbers), step):
            batch = numbers[start : start + step]
            writer.write(
                {
                    "words": pa.array([[str(n)] * (n % 3) for n in batch], pa.list_(pa.string())),
                    "n": pa.array(batch, pa.int32()),
                }
            )
    assert writer.rows == len(numbers)


@pytest.mark.parametrize("count", [0, 5, 95])
def test_datasets_reads_what_was_written(tmp_path: Path, monkeypatch, count: int) -> None:
    monkeypatch.setattr(shards, "SHARD_BYTES", 400)
    write(tmp_path / "set", range(count))
    loaded = load_from_disk(str(tmp_path / "set"))
    assert loaded.features == FEATURES
    assert str(loaded.split) == "train"
    assert loaded["n"][:] == list(range(count))
    assert loaded["words"][:] == [[str(n)] * (n % 3) for n in range(count)]
    assert [n for batch in read(loaded) for n in batch["n"].to_pylist()] == list(range(count))
    sizes = [path.stat().st_size for path in (tmp_path / "set").glob("*.arrow")]
    assert len(sizes) == {0: 1, 5: 1, 95: 4}[count]


def test_the_fingerprint_is_that_of_the_content(tmp_path: Path) -> None:
    for name, numbers in {"a": range(9), "b": range(9), "c": range(1, 10)}.items():
        write(tmp_path / name, numbers)
    prints = [json.loads((tmp_path / name / "state.json").read_text())["_fingerprint"] for name in "abc"]
    assert prints[0] == prints[1] != prints[2]


def test_an_exception_leaves_nothing_that_could_be_taken_for_a_data_set(tmp_path: Path) -> None:
    with pytest.raises(KeyError), ShardWriter(tmp_path / "set", FEATURES, "train") as writer:
        writer.write({"n": pa.array([1], pa.int32())})
    with pytest.raises(FileNotFoundError):
        load_from_disk(str(tmp_path / "set"))
