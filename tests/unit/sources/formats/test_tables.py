"""Parquet with strings, numbers and the ClassLabel that `datasets` writes, and damage."""

import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import ClassLabel, Dataset, Features, List, Value
from helpers.formats import read, refusals

TOKENS = [["Ada", "lives"], ["in"]]
TAGS = [["B-PER", "O"], ["O"]]
NUMBERS = pa.array([[2, 0], [0]], pa.list_(pa.int8()))
NAMES = ["O", "B-LOC", "B-PER"]


def table(words: Any, tags: Any, metadata: dict[str, str] | None = None, **others: Any):
    sink = io.BytesIO()
    pq.write_table(pa.table({"tokens": words, "tags": tags, **others}).replace_schema_metadata(metadata), sink)
    return sink.getvalue()


def with_class_labels():
    features = Features({"tokens": List(Value("string")), "tags": List(ClassLabel(names=NAMES)), "id": Value("int32")})
    columns = {"tokens": TOKENS, "tags": NUMBERS.to_pylist(), "id": [4, 5]}
    Dataset.from_dict(columns, features=features).to_parquet(sink := io.BytesIO())
    return sink.getvalue()


LARGE = pa.array(TOKENS, pa.large_list(pa.large_string()))
DICTIONARY = pa.array(TAGS, pa.list_(pa.dictionary(pa.int8(), pa.string())))


ALIKE = [
    (with_class_labels(), []),
    (with_class_labels(), ["N", "A", "B"]),  # those in params.yaml come first
    (table(LARGE, DICTIONARY, id=[4, 5], more=[1.5, None]), []),
    (table(TOKENS, NUMBERS, id=[4, 5]), NAMES),
]


@pytest.mark.parametrize(("content", "names"), ALIKE)
def test_forms_that_are_read_alike(tmp_path, content, names):
    keys = {"names": {"ner": names}} if names else {}
    sentences = read(tmp_path, "parquet", content, id="id", **keys)
    assert [s.id for s in sentences] == ["4", "5"]
    assert [s.words for s in sentences] == TOKENS
    assert [s.tags["ner"] for s in sentences] == ([["B", "N"], ["N"]] if "N" in names else TAGS)


WHOLE = table([["a", "b"]] * 2500, [["O", "B-X"]] * 2500)


def test_rows_are_counted_over_batches(tmp_path):
    assert read(tmp_path, "parquet", WHOLE)[-1].location == f"{tmp_path}/f: row 2500"


test_malformed_file_is_reported_by_row = refusals(
    "parquet",
    (WHOLE[: len(WHOLE) // 2], {}, "f: not a Parquet file, or damaged ("),
    (table([], []), {}, "f: no sentence; expected one row per sentence"),
    (
        table([["a"], None], [["O"], ["O"]]),
        {},
        "f: row 2: 'tokens' must be a list of words, none of them empty; got None",
    ),
    (table([["a"]], [[0]]), {}, "f: row 1: 'tags' contains numbers; give their label names under download"),
    (table([["a"]], [["O"]], {"huggingface": "{"}), {}, "f: the metadata of `datasets` is damaged ("),
    (WHOLE, {"words": "w"}, "f: no column 'w' (columns: tokens, tags)"),
    at="",
)
