"""doccano: what version 1.8.4 exports, for projects with and without relations, and with a file per annotator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from helpers.annotated import dataset, tagged, write_rows

from tagline.core.errors import UserError
from tagline.sources.files import FileSource
from tagline.sources.formats.doccano import DoccanoFiles

# Offsets count UTF-16 units, in which the hand is two.
LISTS = [
    {"id": 1, "text": "Ada in Oslo", "source": "x", "label": [[7, 11, "LOC"]], "Comments": []},
    {"id": 2, "text": "\U0001f44b Oslo", "source": "x", "label": [[3, 7, "LOC"]], "Comments": []},
    {"id": 3, "text": "nothing", "source": "x", "label": [], "Comments": []},
]
RELATIONS = [
    {"id": 1, "text": "Ada in Oslo", "entities": [{"id": 3, "label": "LOC", "start_offset": 7, "end_offset": 11}], "relations": []},
    {"id": 2, "text": "\U0001f44b Oslo", "entities": [{"id": 4, "label": "LOC", "start_offset": 3, "end_offset": 7}], "relations": []},
    {"id": 3, "text": "nothing", "entities": [], "relations": [], "Comments": []},
]  # fmt: skip


def files(**keys: Any) -> DoccanoFiles:
    return dataset(DoccanoFiles, "doccano", **keys)


VERSION_1_0 = [{key.replace("label", "labels"): value for key, value in row.items()} for row in LISTS]


@pytest.mark.parametrize("rows", [LISTS, VERSION_1_0, RELATIONS])
def test_every_export_is_read_alike(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    sentences = list(files().read(write_rows(tmp_path / "all.jsonl", rows)))
    assert [sentence.id for sentence in sentences] == ["1", "2", "3"]
    assert [tagged(sentence) for sentence in sentences] == ["Oslo/B-LOC", "Oslo/B-LOC", ""]


def test_a_project_that_counts_graphemes(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "f", [{"text": "e\u0301 \U0001f44b\U0001f3fd Oslo", "label": [[4, 8, "LOC"]]}])
    (sentence,) = files(offsets="graphemes").read(path)
    assert tagged(sentence) == "Oslo/B-LOC"
    assert [tagged(sentence) for sentence in files().read(path)] == ["Oslo/B-LOC"], "where a word is"


def test_the_editor_counts_utf16(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "f", [{"text": "\U0001f44b Oslo waits", "label": [[3, 7, "LOC"]]}])
    assert [tagged(sentence) for sentence in files().read(path)] == ["Oslo/B-LOC"]


def test_a_folder_with_a_file_per_annotator(tmp_path: Path) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    write_rows(folder / "ada.jsonl", LISTS)
    write_rows(folder / "bo.lind.jsonl", [{**LISTS[1], "label": [[3, 7, "ORG"]]}, {**LISTS[0], "Comments": ["why"]}])
    (folder / "notes.txt").write_text("not read")
    write_rows(tmp_path / "few.jsonl", LISTS[:1])
    write_rows(tmp_path / "other.jsonl", LISTS)

    def texts(annotators: str) -> dict[str, str]:
        section = files(train="export", validation="few.jsonl", test="other.jsonl", annotators=annotators)
        source = FileSource(tmp_path, section)
        assert [file.name for file in source.files["train"]] == ["ada.jsonl", "bo.lind.jsonl"]
        assert [each.id for each in source.splits()["train"]]
        assert source.provenance()["findings"]["train"]["agreement"] == {"ada, bo.lind": {"texts": 2, "f1": 0.5}}
        return {str(sentence.id): tagged(sentence) for sentence in section.read(folder) if sentence.words}

    assert texts("agreed") == {"1": "Oslo/B-LOC", "2": "", "3": ""}
    assert texts("bo.lind") == {"1": "Oslo/B-LOC", "2": "Oslo/B-ORG"}
    with pytest.raises(UserError, match=r"ada.jsonl:2: 2 annotations of one text \(by ada, bo.lind\)"):
        list(files().read(folder))


def test_annotators_of_different_texts(tmp_path: Path) -> None:
    write_rows(tmp_path / "ada.jsonl", [{"id": 1, "text": "Ada in Oslo", "label": [[0, 3, "PER"]]}])
    write_rows(tmp_path / "bo.jsonl", [{"id": 1, "text": "In Oslo", "label": [[3, 7, "LOC"]]}])
    with pytest.raises(UserError) as raised:
        list(files(annotators="majority").read(tmp_path))
    assert str(raised.value) == (
        f"{tmp_path}/bo.jsonl:1: another text than at {tmp_path}/ada.jsonl:1, but the same id; expected annotations of one "
        "text; read files of different texts by a pattern such as *.jsonl, or give each text its own id"
    )


def test_malformed_rows_are_reported_together(tmp_path: Path) -> None:
    rows = [{"text": "Ada", "spans": []}, {"text": "Ada", "label": [[0, 3]]}, {"text": "Ada", "label": [{}]}]
    rows += [{"text": "Ada", "entities": [{"start_offset": 0}]}, {"data": "Ada", "label": []}]
    with pytest.raises(UserError) as raised:
        list(files(offsets="utf16").read(write_rows(tmp_path / "f", rows)))
    assert str(raised.value).replace(str(tmp_path), "").split("\n  ")[1:] == [
        "/f:1: neither 'label' nor 'entities' (keys: 'text', 'spans'); expected doccano's JSONL",
        "/f:2: a span must be a list of start, end and label; got [0, 3]",
        "/f:3: a span must be a list of start, end and label; got {}",
        "/f:4: a span must be an object with start_offset, end_offset, label; got {'start_offset': 0}",
        "/f:5: the key 'text' is missing (keys: 'data', 'label')",
    ]
