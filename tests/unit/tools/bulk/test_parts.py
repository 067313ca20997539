"""Plan and parts of `tagline bulk`: answers as those of `tagline predict`, rows that can't be labelled, and continued runs."""

import json
from dataclasses import replace
from itertools import count
from pathlib import Path
from unittest.mock import Mock

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from helpers.annotated import write_rows
from helpers.messages import message_of

from tagline.inference import AnyTagger, Document, Tagger
from tagline.terminal.errors import UserError
from tagline.tools.bulk import parts, rows
from tagline.tools.bulk.columns import Column
from tagline.tools.bulk.inputs import find
from tagline.tools.bulk.parts import Record
from tagline.tools.bulk.plan import PLAN, ModelFiles, Models, Plan
from tagline.tools.bulk.storage import Folder

TEXTS = ["Ada Lind lives in Oslo.", "", "Bo", "in Oslo in Oslo", "Ada" * 30] * 8
FILES = ModelFiles("onnx", {"onnx/model.onnx": b"0"})
MODEL, TWO = Models({"ner": FILES}), Models({"ner": FILES, "drugs": FILES})


def plan_of(path: Path, part_rows: int = 9, models: Models = MODEL, **chosen: str) -> Plan:
    files = find([str(path)], "/elsewhere")
    return Plan.of(models, part_rows, files, [rows.scan(file, part_rows) for file in files], **chosen)


def make_all(plan: Plan, folder: Folder, tagger: AnyTagger) -> list[Record]:
    return [parts.make(part, plan, folder, lambda: tagger) for part in plan.parts]


def test_words_get_labels_scores_and_entities(tmp_path: Path, tagger: Tagger, monkeypatch) -> None:
    monkeypatch.setattr(tagger, "accept", {"PER": 0.5})
    table = pa.table({"tokens": [["Ada", "Lind"], [], ["Oslo", ""], None], "day": pa.array([1, 2, 3, 4], pa.date32())})
    pq.write_table(table, tmp_path / "a.parquet")
    (record,) = make_all(plan_of(tmp_path / "a.parquet", words="tokens"), Folder(f"{tmp_path}/out"), tagger)
    found = pq.read_table(tmp_path / "out/part-000000.parquet")
    assert found.select(["tokens", "day"]) == table
    rows = found.select(["labels", "scores", "entities", "tagging_error"]).to_pylist()
    (sentence,) = tagger.tag([Document.of_words(["Ada", "Lind"])])
    assert rows[0]["labels"] == sentence.predicted_names
    assert rows[0]["scores"] == [round(score, 4) for score in sentence.scores.tolist()]
    assert [entity["accepted"] for entity in rows[0]["entities"]] == [True]
    assert rows[1] == {"labels": [], "scores": [], "entities": [], "tagging_error": None}
    for row, value in ((rows[2], "['Oslo', '']"), (rows[3], "null")):
        problem = f"'tokens' is {value}; expected a list of non-empty strings"
        assert record[:3] == ("part-000000.parquet", 4, 2) and record[3].startswith(f"{tmp_path}/a.parquet:3: 'toke")
        assert row == {"labels": None, "scores": None, "entities": None, "tagging_error": problem}


def test_entities_of_several_models_have_layers_and_words_no_labels(tmp_path: Path, export: Path) -> None:
    source = write_rows(tmp_path / "a.jsonl", [{"words": ["Ada", "Lind"]}, {"words": 1}])
    models = Models(dict.fromkeys(("ner", "drugs"), ModelFiles.read(export, None)))
    with models.opened(None) as taggers:
        make_all(plan_of(source, models=models), Folder(f"{tmp_path}/out"), taggers)
    found, not_labelled = pq.read_table(tmp_path / "out/part-000000.parquet").to_pylist()
    assert [(each["type"], each["layer"]) for each in found["entities"]] == [("PER", "ner"), ("PER", "drugs")]
    assert "labels" not in found
    assert (not_labelled["entities"], not_labelled["tagging_error"][:14]) == (None, "'words' is 1; ")


@pytest.mark.parametrize("scheme", ["", "memory://"])
def test_complete_parts_stay_and_damaged_ones_are_made_again(tmp_path: Path, tagger: Tagger, scheme: str) -> None:
    source = write_rows(tmp_path / "a.jsonl", [{"text": text} for text in TEXTS])
    plan, folder, made = plan_of(source), Folder(f"{scheme}{tmp_path}/out"), count()
    files, path = fsspec.url_to_fs(folder.url)
    plan.begin(folder)
    records = make_all(plan, folder, tagger)
    parts.write_manifest(records, folder)
    before = {name: files.cat_file(f"{path}/{name}") for name in folder.names()}
    assert list(before) == ["_manifest.json", "_plan.json", *(f"part-00000{number}.parquet" for number in range(5))]
    manifest = json.loads(before["_manifest.json"])
    assert (manifest["rows"], manifest["not_tagged"], list(manifest["parts"])) == (len(TEXTS), 0, [*before][2:])
    files.pipe_file(f"{path}/part-000001.parquet", b"half")
    files.rm_file(f"{path}/part-000002.parquet")

    def counted() -> Tagger:
        next(made)
        return tagger

    plan.begin(folder)
    assert [parts.make(part, plan, folder, counted) for part in plan.parts] == records
    assert next(made) == 2
    assert {name: files.cat_file(f"{path}/{name}") for name in folder.names()} == before


def test_only_raw_text_needs_the_library_that_splits_words(tagger: Tagger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Tagger, "split", Mock(side_effect=UserError("jieba is not installed")))
    assert list(parts.answered([], tagger, Column("words", is_words=True), "a", pa.schema([]))) == []
    with pytest.raises(UserError, match=r"^jieba is not installed$"):
        list(parts.answered([], tagger, Column("text", is_words=False), "a", pa.schema([])))


OTHER_MODELS = [
    (MODEL, Models({"ner": replace(FILES, backend="torch")}), r"another backend \(onnx, now torch\)"),
    (MODEL, Models({"ner": replace(FILES, content={"onnx/model.onnx": b"1"})}), "another model"),
    (MODEL, TWO, "another model"),
    (TWO, MODEL, "another model"),
    (TWO, Models({"drugs": FILES, "ner": FILES}), "another model"),
    (TWO, TWO._replace(overlaps="first"), r"another overlaps \(keep, now first\)"),
]


@pytest.mark.parametrize(("models", "others", "found"), OTHER_MODELS)
def test_plan_of_other_models_is_refused(tmp_path: Path, models: Models, others: Models, found: str) -> None:
    source, folder = write_rows(tmp_path / "a.jsonl", [{"text": "Oslo"}]), Folder(f"{tmp_path}/out")
    for _ in range(2):
        plan_of(source, models=models).begin(folder)
    with pytest.raises(UserError, match=rf"out: _plan.json has {found}"):
        plan_of(source, models=others).begin(folder)


def test_plan_of_other_arguments_input_or_output_is_refused(tmp_path: Path) -> None:
    source = write_rows(tmp_path / "a.jsonl", [{"text": "Oslo", "body": "x"}])
    plan, folder = plan_of(source), Folder(f"{tmp_path}/out")
    plan.begin(folder)
    plan.begin(folder)
    written = (tmp_path / "out" / PLAN).read_bytes()
    for other, found in (
        (plan_of(source, text="body"), r"another column \(.*'text'.*, now .*'body'"),
        (plan_of(write_rows(source, [{"text": "Rome", "body": "x"}])), "another input"),
    ):
        with pytest.raises(UserError, match=rf"out: _plan.json has {found}.*; expected the same arguments, model and"):
            other.begin(folder)
    assert (tmp_path / "out" / PLAN).read_bytes() == written
    (tmp_path / "other").mkdir()
    (tmp_path / "other/thesis.tex").touch()
    message = "other: not empty (thesis.tex) and without _plan.json of an earlier run"
    assert message in message_of(plan.begin, Folder(f"{tmp_path}/other"))
    (tmp_path / "a.txt").touch()
    assert "a.txt: no row; expected at least one in the input" in message_of(plan_of, tmp_path / "a.txt")
