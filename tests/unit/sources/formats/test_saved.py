"""Folders of save_to_disk: shards, label names, a DatasetDict, and damage."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset, DatasetDict

from tagline.core.errors import UserError
from tagline.sources.formats.lists import Keys
from tagline.sources.formats.saved import SavedFiles, read_sentences

ROWS = {"id": list(range(5)), "w": [["Ada"]] * 5, "t": [["B-X"], ["O"]] * 2 + [["O"]]}
KEYS = Keys("w", {"ner": "t"}, id="id")


def saved(folder: Path, rows: dict[str, Any] = ROWS, **options: Any) -> Path:
    Dataset.from_dict(rows).save_to_disk(folder, **options)
    return folder


def test_shards_are_read_in_order(tmp_path: Path) -> None:
    path = saved(tmp_path / "s", num_shards=2)
    sentences = list(read_sentences(path, KEYS))
    assert [sentence.id for sentence in sentences] == ["0", "1", "2", "3", "4"]
    assert [sentence.tags["ner"] for sentence in sentences] == ROWS["t"]
    section = SavedFiles.model_validate(
        {"source": "files", "format": "save_to_disk", "words": "w", "tag_columns": {"ner": "t"}}
        | dict.fromkeys(("train", "validation", "test"), "s")
    )
    assert [file.name for file in section.files(path)] == [
        "data-00000-of-00002.arrow", "data-00001-of-00002.arrow", "dataset_info.json", "state.json"
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["{}/other/data-00000-of-00001.arrow", "../other/data-00000-of-00001.arrow", "a\\b"])
def test_files_elsewhere_are_refused(tmp_path: Path, name: str) -> None:
    saved(tmp_path / "other")
    state = saved(tmp_path / "s") / "state.json"
    content = json.loads(state.read_text()) | {"_data_files": [{"filename": name.format(tmp_path)}]}
    state.write_text(json.dumps(content))
    with pytest.raises(
        UserError, match=r"state\.json: it names the file '.*; expected files beside it, without a folder"
    ):
        list(read_sentences(tmp_path / "s", KEYS))


def test_what_is_not_a_saved_split_is_refused(tmp_path: Path) -> None:
    DatasetDict(a=Dataset.from_dict(ROWS), b=Dataset.from_dict(ROWS)).save_to_disk(tmp_path / "d")
    with pytest.raises(UserError, match=r"d: a DatasetDict; expected the folder of one split \(a, b\) in it"):
        list(read_sentences(tmp_path / "d", KEYS))
    with pytest.raises(UserError, match=r"s: no column 'words' \(columns: id, w, t\)"):
        list(read_sentences(saved(tmp_path / "s"), Keys("words", {"ner": "t"})))
    with pytest.raises(UserError, match=r"l: row 2: 1 words in 'w' but 0 tags in 't'; expected one tag per word"):
        list(read_sentences(saved(tmp_path / "l", {"w": [["a"]] * 2, "t": [["O"], []]}), Keys("w", {"ner": "t"})))
    (tmp_path / "f").write_text("{}")
    with pytest.raises(UserError, match=r"f: not a data set that save_to_disk wrote, or damaged \(.*\); save it again"):
        list(read_sentences(tmp_path / "f", KEYS))
    for file in (tmp_path / "s").glob("*.arrow"):
        file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(UserError, match=r"s: not a data set that save_to_disk wrote, or damaged \(.*\); save it again"):
        list(read_sentences(tmp_path / "s", KEYS))
