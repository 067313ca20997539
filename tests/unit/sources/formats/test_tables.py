"""Tables: Parquet with strings, numbers and the ClassLabel that `datasets` writes; folders of save_to_disk, and damage."""

import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, List, Value
from helpers.formats import read, refusals, section

from tagline.terminal.errors import UserError

TOKENS = [["Ada", "lives"], ["in"]]
TAGS = [["B-PER", "O"], ["O"]]
NUMBERS = pa.array([[2, 0], [0]], pa.list_(pa.int8()))
NAMES = ["O", "B-LOC", "B-PER"]


def table(words: Any, tags: Any, metadata: dict[str, str] | None = None, **others: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({"tokens": words, "tags": tags, **others}).replace_schema_metadata(metadata), sink)
    return sink.getvalue()


def with_class_labels() -> bytes:
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
def test_forms_that_are_read_alike(tmp_path: Path, content: bytes, names: list[str]) -> None:
    keys = {"names": {"ner": names}} if names else {}
    sentences = read(tmp_path, "parquet", content, id="id", **keys)
    assert [s.id for s in sentences] == ["4", "5"]
    assert [s.words for s in sentences] == TOKENS
    assert [s.tags["ner"] for s in sentences] == ([["B", "N"], ["N"]] if "N" in names else TAGS)


WHOLE = table([["a", "b"]] * 2500, [["O", "B-X"]] * 2500)


def test_rows_are_counted_over_batches(tmp_path: Path) -> None:
    assert read(tmp_path, "parquet", WHOLE)[-1].location == f"{tmp_path}/f: row 2500"


test_malformed_file_is_reported_by_row = refusals(
    "parquet",
    (WHOLE[: len(WHOLE) // 2], {}, "f: not a Parquet file, or damaged ("),
    (table([], []), {}, "f: no sentence; expected one row per sentence"),
    (table([["a"], None], [["O"], ["O"]]), {}, "f: row 2: 'tokens' must be a list of words; got None"),
    (table([["a"]], [[0]]), {}, "f: row 1: 'tags' contains numbers; give their label names under download"),
    (table([["a"]], [["O"]], {"huggingface": "{"}), {}, "f: the metadata of `datasets` is damaged ("),
    (WHOLE, {"words": "w"}, "f: no column 'w' (columns: tokens, tags)"),
    at="",
)


ROWS = {"id": list(range(5)), "tokens": [["Ada"]] * 5, "tags": [["B-X"], ["O"]] * 2 + [["O"]]}


def saved(folder: Path, rows: dict[str, Any] = ROWS, **options: Any) -> Path:
    Dataset.from_dict(rows).save_to_disk(folder, **options)
    return folder


def test_shards_are_read_in_order(tmp_path: Path) -> None:
    path, keys = saved(tmp_path / "s", num_shards=2), section("save_to_disk", id="id")
    assert [(each.id, each.tags["ner"]) for each in keys.read(path)] == list(zip("01234", ROWS["tags"], strict=True))
    shards = [f"data-0000{number}-of-00002.arrow" for number in (0, 1)]
    assert [file.name for file in keys.files(path)] == [*shards, "dataset_info.json", "state.json"]


@pytest.mark.parametrize("name", ["{}/other/data-00000-of-00001.arrow", "../other/data-00000-of-00001.arrow", "a\\b"])
def test_files_elsewhere_are_refused(tmp_path: Path, name: str) -> None:
    saved(tmp_path / "other")
    state = saved(tmp_path / "s") / "state.json"
    content = json.loads(state.read_text()) | {"_data_files": [{"filename": name.format(tmp_path)}]}
    state.write_text(json.dumps(content))
    with pytest.raises(UserError, match=r"state\.json: it names the file '.*; expected files beside it, without a"):
        list(section("save_to_disk").read(tmp_path / "s"))


def test_what_is_not_a_saved_split_is_refused(tmp_path: Path) -> None:
    DatasetDict(a=Dataset.from_dict(ROWS), b=Dataset.from_dict(ROWS)).save_to_disk(tmp_path / "dict")
    with pytest.raises(UserError, match=r"dict: a DatasetDict; expected the folder of one split \(a, b\) in it"):
        list(section("save_to_disk").read(tmp_path / "dict"))
    for file in saved(tmp_path / "split").glob("*.arrow"):
        file.write_bytes(file.read_bytes()[:100])
    damaged = r"split: not a data set that save_to_disk wrote, or damaged \(.*\); save it again"
    with pytest.raises(UserError, match=damaged):
        list(section("save_to_disk").read(tmp_path / "split"))
