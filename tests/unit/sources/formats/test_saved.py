"""Folders of save_to_disk: shards, a DatasetDict, and damage."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset, DatasetDict
from helpers.formats import section

from tagline.core.errors import UserError

ROWS = {"id": list(range(5)), "tokens": [["Ada"]] * 5, "tags": [["B-X"], ["O"]] * 2 + [["O"]]}
DAMAGED = r"not a data set that save_to_disk wrote, or damaged \(.*\); save it again"


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
    def check(folder: str, message: str, **keys: str) -> None:
        with pytest.raises(UserError, match=f"{folder}: {message}"):
            list(section("save_to_disk", **keys).read(tmp_path / folder))

    DatasetDict(a=Dataset.from_dict(ROWS), b=Dataset.from_dict(ROWS)).save_to_disk(tmp_path / "dict")
    check("dict", r"a DatasetDict; expected the folder of one split \(a, b\) in it")
    folder = saved(tmp_path / "split", {"tokens": [["a"]] * 2, "tags": [["O"], []]})
    check("split", r"no column 'words' \(columns: tokens, tags\)", words="words")
    check("split", "row 2: 1 words in 'tokens' but 0 tags in 'tags'; expected one tag per word")
    for file in folder.glob("*.arrow"):
        file.write_bytes(file.read_bytes()[:100])
    check("split", DAMAGED)
    (tmp_path / "file").write_text("{}")
    check("file", DAMAGED)
