"""`tagline audit`: a wrong label is found by models that have not seen it, or else by models/finetuned; and corrected."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from helpers.annotated import embedded, write_rows
from helpers.formats import saved_row
from helpers.project import edit, exit_of, run_stage, run_verb
from helpers.tiny import raw_rows, set_params

from tagline.core.names import SPLITS
from tagline.terminal.errors import UserError
from tagline.tools.answers.task import AnnotationTask
from tagline.tools.audit.tasks import checked


def audited(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    capsys.readouterr()
    run_verb("audit", "--json", *arguments)
    return json.loads(capsys.readouterr().out)["suspicions"]


def test_wrong_label_comes_first_by_folds_and_by_the_model(validated, capsys):
    first = audited(capsys)[0]
    assert (first["rank"], first["kind"], first["id"], first["gold"]) == (1, "missed", "train-0", [])
    assert first["suggested"] == [{"type": "PER", "start": 0, "end": 2, "text": "Ada Lind"}]
    assert first["gold_probability"] < first["suggested_probability"]
    run_verb("audit")
    shown = capsys.readouterr().out
    assert shown.startswith("ranked by data/crossval/folds and models/finetuned\ntrain: ")
    assert "PER Ada Lind" in shown
    assert len(audited(capsys, "--most", "1", "--splits", "train", "validation")) == 1
    shutil.move("data/crossval/folds", "kept")
    assert audited(capsys, "--splits", "train", "test")[0]["id"] == "train-0"
    run_verb("audit")
    assert capsys.readouterr().out.startswith("ranked by models/finetuned (docs/audit.md)\n")
    shutil.move("kept", "data/crossval/folds")
    edit(Path("params.yaml"), "stride: 6", "stride: 4")
    run_stage("tokenize_align")
    run_verb("audit")
    assert "ranked by models/finetuned, since data/crossval/folds is of other data; run `dvc repro cro" in (
        capsys.readouterr().out
    )


def test_tasks_of_a_tool_come_back_by_download(validated):
    """A person accepts the suggestion for the first sentence; all splits are read again, with their words."""
    run_verb("audit", "--output", "data/corrected")
    expected = {split: {row["id"]: (row["words"], row["ner"]) for row in raw_rows(split)} for split in SPLITS}
    path = Path("data/corrected/train.json")
    rows = json.loads(path.read_text(encoding="utf-8"))
    assert rows[0]["data"]["id"] == "train-0"
    rows[0]["annotations"] = rows[0].pop("predictions")
    path.write_text(json.dumps(rows), encoding="utf-8")
    expected["train"]["train-0"][1][:2] = ["B-PER", "I-PER"]
    shutil.copytree("data/tiny/encoder", "data/corrected/encoder")
    dataset = {"source": "files", "format": "label_studio", "tag_column": "ner", "split_words": "spaces"}
    dataset |= {split: f"{split}.json" for split in SPLITS}
    set_params(download={"folder": "data/corrected", "dataset": dataset})
    run_stage("download")
    for split in SPLITS:
        assert sorted((row["words"], row["ner"]) for row in raw_rows(split)) == sorted(expected[split].values())


def test_saved_page_of_suspicions_corrects_the_data_set(validated, capsys):
    """A person accepts what it suggests for the first sentence; data/raw is as before its error was made."""
    found = audited(capsys)
    run_verb("audit", "--output", "fixes.html")
    page = json.loads(embedded(Path("fixes.html")))
    assert [task["id"] for task in page["tasks"]] == list(dict.fromkeys(each["id"] for each in found))
    first = page["tasks"][0]
    assert (first["id"], first["words"], first["suggested"][0][:3]) == ("train-0", found[0]["words"], [0, 2, "PER"])
    for task in page["tasks"]:
        gold = [entity for each in found if each["id"] == task["id"] for entity in each["gold"]]
        assert task["suspect"] == [[entity["start"], entity["end"], entity["type"]] for entity in gold]
        assert all(span in task["spans"] for span in task["suspect"])
    suggested = [span[:3] for span in first["suggested"]]
    write_rows(Path("data/tiny/fixes.jsonl"), [saved_row(first["id"], first["words"], suggested)])
    set_params(download={"corrections": {"ner": "fixes.jsonl"}})
    run_stage("download")
    assert raw_rows("train")[0]["ner"][:2] == ["B-PER", "I-PER"]


def test_words_with_white_space_are_exported_for_prodigy_only():
    task = AnnotationTask.of_words(["New York"], None, [], {"id": "a"})
    message = "^sentence a: the word 'New York' contains white space, so it would come back as several; choose --format"
    with pytest.raises(UserError, match=message):
        checked(task)


def test_wrong_usage_and_impossible_exports_are_errors(validated, capsys):
    for usage, message in {
        "--output out --guideline guide.md": "--guideline: expected --output FILE.html, a page",
        "--output out.html --format doccano": "--format: expected --output FOLDER, not a page",
        "--output out --json": "--json: expected without --output",
        "--output out --format word": "argument --format: invalid choice: 'word'",
    }.items():
        assert exit_of("audit", *usage.split()) == 2
        assert message in capsys.readouterr().err
    message = "data/tiny exists; expected a new folder, so that no correction is overwritten; choose another"
    assert exit_of("audit", "--output", "data/tiny") == f"audit: {message}"
    shutil.rmtree("data/crossval/folds/2")
    assert exit_of("audit") == (
        "audit: data/crossval/folds/2 is missing: the stage crossval/dvc.yaml:fold@2 writes it, so run "
        "`dvc repro crossval/dvc.yaml:fold@2` first, or `dvc pull` if a remote has it"
    )
    edit(Path("params.yaml"), "tag_column: ner", "tag_column: pos")
    run_stage("tokenize_align")
    assert exit_of("audit", "--output", "a.html").startswith("audit: pos has one tag per word; expected entities, whi")
