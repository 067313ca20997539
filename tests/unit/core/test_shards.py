"""Shards: Arrow files of bounded size that pyarrow and `datasets` read, and damaged ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from datasets import Dataset, Features, List, Value, concatenate_datasets

from tagline.core import shards
from tagline.core.errors import UserError
from tagline.core.shards import ShardWriter, check, read_batches, shard_files

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


@pytest.mark.parametrize("count", [0, 5, 95])
def test_datasets_reads_what_was_written(tmp_path: Path, monkeypatch, count: int) -> None:
    monkeypatch.setattr(shards, "SHARD_BYTES", 400)
    write(tmp_path / "set", count)
    files = shard_files(tmp_path / "set")
    assert [file.name for file in files] == [f"{number:05}.arrow" for number in range({0: 1, 5: 1, 95: 4}[count])]
    assert sorted((tmp_path / "set").iterdir()) == files, "nothing else is written"
    loaded = concatenate_datasets([Dataset.from_file(str(file)) for file in files])
    assert loaded.features == FEATURES
    assert loaded["n"][:] == list(range(count))
    assert loaded["words"][:] == [[str(n)] * (n % 3) for n in range(count)]
    assert [n for batch in read_batches(tmp_path / "set") for n in batch["n"].to_pylist()] == list(range(count))
    assert check(tmp_path / "set", SCHEMA, "download") == count
    assert sorted((tmp_path / "set").iterdir()) == files, "reading writes nothing either"


def offsets(content: bytes) -> bytes:
    """Change an offset of the lists, which is a number of four bytes, to one far behind the end."""
    at = content.index(pa.array([0, 0, 1, 3], pa.int32()).buffers()[1].to_pybytes())
    return content[: at + 8] + b"\xff\xff\xff\x7f" + content[at + 12 :]


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda content: b"", "the file is truncated"),
        (lambda content: content[:-1], "the file is truncated"),
        (lambda content: content[:-8], "the file is truncated"),
        (lambda content: content[: len(content) // 2], "the file is truncated"),
        (lambda content: b"\x07" * 8 + content[8:], ""),
        (lambda content: content.replace(b"word", b"wort"), "expected the columns n, words"),
        (lambda content: content.replace(b"124", b"1\xff4"), "Invalid UTF8 sequence"),
        (offsets, ""),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, damage: Callable[[bytes], bytes], reason: str) -> None:
    write(tmp_path / "set", 200, 200)
    file = tmp_path / "set/00000.arrow"
    content = file.read_bytes()
    assert damage(content) != content
    file.write_bytes(damage(content))
    with pytest.raises(UserError) as raised:
        check(tmp_path / "set", SCHEMA, "download")
    assert str(raised.value).startswith(f"{file}: damaged (")
    assert reason in str(raised.value)
    assert str(raised.value).endswith("); run `dvc repro download` again")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("words", "tags", "reason"),
    [
        ([["a"], None], [["O"], []], "a value is null"),
        ([["a", None]], [["O", "O"]], "a value is null"),
        ([["a", "b"], ["c"]], [["O"], ["O", "O"]], "the lists of a row differ in length"),
    ],
)
def test_values_that_no_stage_writes(tmp_path: Path, words: list, tags: list, reason: str) -> None:
    strings = pa.list_(pa.string())
    schema = pa.schema([("words", strings), ("tags", strings)])
    with ShardWriter(tmp_path / "set", schema) as writer:
        writer.write({"words": pa.array(words, strings), "tags": pa.array(tags, strings)})
    with pytest.raises(UserError, match=f"00000.arrow: damaged .{reason}.; run `dvc repro download` again"):
        check(tmp_path / "set", schema, "download")


def test_a_folder_without_shards(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no Arrow files; run `dvc repro tokenize-align` again"):
        check(tmp_path, SCHEMA, "tokenize-align")
