"""Parquet: strings, numbers with names from params, numbers with the ClassLabel that `datasets` writes."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import ClassLabel, Dataset, Features, List, Value
from helpers.formats import fault

from tagline.sources.formats.lists import Keys
from tagline.sources.formats.parquet import read_sentences

TOKENS = [["Ada", "lives"], ["in"]]
TAGS = [["B-PER", "O"], ["O"]]
NUMBERS = [[2, 0], [0]]
NAMES = ["O", "B-LOC", "B-PER"]
LIST = List(ClassLabel(names=NAMES))
FEATURES = Features({"id": Value("int32"), "tokens": List(Value("string")), "tags": LIST})


def class_labels(path: Path) -> None:
    Dataset.from_dict({"id": [4, 5], "tokens": TOKENS, "tags": NUMBERS}, features=FEATURES).to_parquet(str(path))


def strings(path: Path) -> None:
    pq.write_table(pa.table({"id": ["4", "5"], "tokens": TOKENS, "tags": TAGS}), path)


def large(path: Path) -> None:
    kind = pa.large_list(pa.large_string())
    tags = pa.array(TAGS, pa.list_(pa.dictionary(pa.int8(), pa.string())))
    pq.write_table(pa.table({"id": [4, 5], "tokens": pa.array(TOKENS, kind), "tags": tags, "more": [1.5, None]}), path)


def numbers(path: Path) -> None:
    pq.write_table(pa.table({"id": [4, 5], "tokens": TOKENS, "tags": pa.array(NUMBERS, pa.list_(pa.int8()))}), path)


@pytest.mark.parametrize("write", [class_labels, strings, large, numbers])
def test_forms_that_are_read_alike(tmp_path: Path, write) -> None:
    path = tmp_path / "file.parquet"
    write(path)
    names = {"ner": NAMES} if write is numbers else {}
    sentences = list(read_sentences(path, Keys("tokens", {"ner": "tags"}, names, "id")))
    assert [s.id for s in sentences] == ["4", "5"]
    assert [s.words for s in sentences] == TOKENS
    assert [s.tags["ner"] for s in sentences] == TAGS
    assert sentences[1].location == f"{path}: row 2"


def test_names_in_params_come_before_those_in_the_file(tmp_path: Path) -> None:
    class_labels(tmp_path / "file.parquet")
    first, _ = read_sentences(tmp_path / "file.parquet", Keys("tokens", {"ner": "tags"}, {"ner": ["A", "B", "C"]}))
    assert first.tags == {"ner": ["C", "A"]}


def test_rows_are_counted_over_batches(tmp_path: Path) -> None:
    path = tmp_path / "file.parquet"
    pq.write_table(pa.table({"tokens": [["a"]] * 2500, "tags": [["O"]] * 2500}), path)
    *_, last = read_sentences(path, Keys("tokens", {"ner": "tags"}))
    assert last.location == f"{path}: row 2500"


def table(words: Any, tags: Any, metadata: dict[str, str] | None = None) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({"tokens": words, "tags": tags}).replace_schema_metadata(metadata), sink)
    return sink.getvalue()


WHOLE = table([["a", "b"]] * 99, [["O", "B-X"]] * 99)
NOT_UTF8 = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\1\0\0\0"), pa.py_buffer(b"\xff")])
DAMAGED = "f: not a Parquet file, or damaged ("


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", f"{DAMAGED}Parquet file size is 0 bytes)"),
        (WHOLE[: len(WHOLE) // 2], DAMAGED),
        (WHOLE[:4] + b"\xff" * 40 + WHOLE[44:], DAMAGED),
        (b"a O\n" * 9, DAMAGED),
        (table(pa.ListArray.from_arrays([0, 1], NOT_UTF8), [["O"]]), DAMAGED),
        (table([], []), "f: no sentence; expected one row per sentence"),
        (table([["a"], None], [["O"], ["O"]]), "f: row 2: 'tokens' must be a list of words; got None"),
        (table([["a"]], [[0]]), "f: row 1: 'tags' contains numbers; give their label names under download"),
        (table([["a"]], [["O"]], {"huggingface": "{"}), "f: the metadata of `datasets` is damaged ("),
    ],
)
def test_malformed_file_is_reported_by_row(tmp_path: Path, content: bytes, message: str) -> None:
    assert fault(tmp_path, "parquet", content).startswith(message)


def test_missing_column_is_named(tmp_path: Path) -> None:
    assert fault(tmp_path, "parquet", WHOLE, words="w") == "f: no column 'w' (columns: tokens, tags)"
