"""Shards: Arrow files of bounded size that pyarrow and `datasets` read."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from datasets import Dataset, Features, List, Value, concatenate_datasets

from tagline.core import shards
from tagline.core.shards import ShardWriter, count_rows, read_batches, shard_files

FEATURES = Features({"n": Value("int32"), "words": List(Value("string"))})
SCHEMA = FEATURES.arrow_schema


def write(folder: Path, count: int, step: int = 10) -> None:
    with ShardWriter(folder, SCHEMA) as writer:
        for start in range(0, count, step):
            numbers = range(start, min(start + step, count))
            writer.write(
                {
                    "words": pa.array([[str(n)] * (n % 3) for n in numbers], pa.list_(pa.string())),
                    "n": pa.array(numbers, pa.int32()),
                }
            )
    assert writer.rows == count


@pytest.mark.parametrize("count", [0, 95])
def test_datasets_reads_what_was_written(tmp_path: Path, monkeypatch, count: int) -> None:
    monkeypatch.setattr(shards, "SHARD_BYTES", 400)
    write(tmp_path / "set", count)
    files = shard_files(tmp_path / "set")
    assert [file.name for file in files] == [f"{number:05}.arrow" for number in range({0: 1, 95: 4}[count])]
    assert sorted((tmp_path / "set").iterdir()) == files, "nothing else is written"
    loaded = concatenate_datasets([Dataset.from_file(str(file)) for file in files])
    assert loaded.features == FEATURES
    assert loaded["n"][:] == list(range(count))
    assert loaded["words"][:] == [[str(n)] * (n % 3) for n in range(count)]
    assert [n for batch in read_batches(tmp_path / "set") for n in batch["n"].to_pylist()] == list(range(count))
    assert count_rows(tmp_path / "set", SCHEMA, "download") == count
    assert sorted((tmp_path / "set").iterdir()) == files, "reading writes nothing either"
