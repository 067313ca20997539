"""audit_fold.py and audit.py: a wrong label is found by models that have not seen it."""

from __future__ import annotations

import contextlib
import json
import shutil
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from helpers.project import edit, error_of, run_stage, snapshot, status_of
from helpers.tiny import TINY_PARAMS, raw_rows, write_params
from ruamel.yaml import YAML

from tagline.artifacts.raw_data import SPLITS
from tagline.tools.annotation.task import AnnotationTask
from tagline.tools.annotation.tool_formats import SUFFIXES
from tagline.tools.audit import labelling, tasks
from tagline.tools.audit.folds import fold_of
from tagline.tools.settings import audit_pipeline

FOLDS = (1, 2)
# Divides the tiny training split in halves.
SEED = 35


def set_audit(**values: Any) -> None:
    path = Path("audit/params.yaml")
    params = YAML().load(path.read_text(encoding="utf-8"))
    params["audit"] |= {"folds": list(FOLDS), "seed": SEED} | values
    with path.open("w", encoding="utf-8") as file:
        YAML().dump(params, file)


@pytest.fixture(scope="module")
def audited_once(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose first training sentence has lost its person, after an audit."""
    folder = tmp_path_factory.mktemp("audited")
    shutil.copytree(tiny_folder, folder / "data/tiny")
    write_params(folder)
    path = folder / "data/tiny/train.conll"
    text = path.read_text(encoding="utf-8").replace("B-PER", "O", 1).replace("I-PER", "O", 1)
    path.write_text(text, encoding="utf-8")
    with contextlib.chdir(folder):
        Path("dvc.yaml").touch()
        audit_pipeline.create()
        set_audit()
        for stage in ("download", "tokenize_align", "train", "audit_all"):
            run_stage(stage)
        for number in FOLDS:
            run_stage("audit_fold", str(number))
        run_stage("audit")
    return folder


@pytest.fixture
def audited(audited_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(audited_once, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def suspicions() -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path("reports/audit.jsonl").read_text(encoding="utf-8").splitlines()]


def test_the_wrong_label_comes_first(audited: Path) -> None:
    first = suspicions()[0]
    assert (first["rank"], first["kind"], first["split"], first["id"]) == (1, "missing", "train", "train-0")
    assert first["gold"] == []
    assert first["suggested"] == [{"type": "PER", "start": 0, "end": 2, "text": "Ada Lind"}]
    assert first["score"] > 0
    assert first["gold_probability"] < first["suggested_probability"]
    assert "Ada Lind" in Path("reports/audit.html").read_text(encoding="utf-8")


def test_nothing_is_left_of_the_training(audited: Path) -> None:
    assert not Path(".work").exists()
    assert sorted(path.name for path in Path("data/audit").iterdir()) == ["1", "2", "all"]


def test_an_interrupted_fold_continues_after_its_training(audited: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = snapshot(Path("data/audit/1"))
    shutil.rmtree("data/audit/1")
    with monkeypatch.context() as patch:
        patch.setattr(labelling, "label", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(SystemExit):
            run_stage("audit_fold", "1")
    assert not Path("data/audit/1").exists()
    monkeypatch.setattr(labelling, "fine_tune", None)
    run_stage("audit_fold", "1")
    assert snapshot(Path("data/audit/1")) == before
    assert not Path(".work").exists()


def test_all_splits_by_surface(audited: Path) -> None:
    set_audit(splits=["train", "validation", "test"], group="surface", folds=[1, 2])
    run_stage("audit_fold", "1")
    assert sorted(path.stem for path in Path("data/audit/1").glob("*.parquet")) == ["test", "train", "validation"]
    sizes = json.loads(Path("data/audit/1/provenance.json").read_text(encoding="utf-8"))["sentences"]
    assert 0 < sizes["learnt"] < sizes["train"] - sizes["held_out"]["train"]


def test_by_document(audited: Path) -> None:
    set_audit(group="document")
    assert "audit.group: document needs documents of several sentences, but data/raw has none" in error_of(
        "audit_fold", "1"
    )
    path = Path("data/tiny/train.conll")
    sentences = path.read_text(encoding="utf-8").split("\n\n")
    start = "-DOCSTART- -X- -X- O"
    path.write_text("\n\n".join([start, *sentences[:4], start, *sentences[4:]]), encoding="utf-8")
    for stage in ("download", "tokenize_align"):
        run_stage(stage)
    documents = [row["document"] for row in raw_rows("train")]
    assert len(set(documents)) == 2
    set_audit(group="document", seed=next(seed for seed in range(99) if _halves(set(documents), seed)))
    run_stage("audit_fold", "1")
    sizes = json.loads(Path("data/audit/1/provenance.json").read_text(encoding="utf-8"))["sentences"]
    assert sizes["held_out"]["train"] in map(documents.count, set(documents))


def _halves(documents: set[str], seed: int) -> bool:
    return {fold_of([name], seed, 2) for name in documents} == {1, 2}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"folds": [1]},
            "audit/params.yaml:5: audit.folds: must be the numbers from 1 to the number of folds, at least",
        ),
        ({"folds": [2, 1]}, "audit.folds: must be the numbers from 1 to the number of folds"),
        ({"splits": ["test"]}, "audit.splits: must contain train, and no split twice; evaluate lists the errors of"),
        ({"group": "word"}, "audit.group: should be 'sentence', 'document' or 'surface'"),
    ],
)
def test_params_are_checked(audited: Path, values: dict[str, Any], message: str) -> None:
    set_audit(**values)
    for stage, arguments in (("check", ["--audit"]), ("audit_fold", ["1"]), ("audit", [])):
        assert message in error_of(stage, *arguments)


@pytest.mark.parametrize("tool", ["label_studio", "doccano", "prodigy", "brat"])
def test_corrections_come_back_by_download(audited: Path, tool: str) -> None:
    """A person accepts the suggestion for the first sentence; all splits are read again, with their words."""
    run_stage("audit", "--export", "data/corrected", "--tool", tool)
    expected = {split: {row["id"]: (row["words"], row["ner"]) for row in raw_rows(split)} for split in SPLITS}
    if tool == "label_studio":
        path = Path("data/corrected/train.json")
        tasks = json.loads(path.read_text(encoding="utf-8"))
        assert tasks[0]["data"]["id"] == "train-0"
        assert sorted(task["data"]["id"] for task in tasks) == sorted(expected["train"])
        tasks[0]["annotations"] = tasks[0].pop("predictions")
        path.write_text(json.dumps(tasks), encoding="utf-8")
        expected["train"]["train-0"][1][:2] = ["B-PER", "I-PER"]
    shutil.copytree("data/tiny/encoder", "data/corrected/encoder")
    files = {split: f"{split}/*.txt" if tool == "brat" else f"{split}{SUFFIXES[tool]}" for split in SPLITS}
    params: dict[str, Any] = deepcopy(TINY_PARAMS)
    params["download"]["folder"] = "data/corrected"
    params["download"]["dataset"] = {
        "source": "files",
        "format": tool,
        "tag_column": "ner",
        "split_words": "spaces",
        **files,
    }
    write_params(audited, params)
    run_stage("download")
    for split in SPLITS:
        assert sorted((row["words"], row["ner"]) for row in raw_rows(split)) == sorted(expected[split].values())


def test_exports_that_are_not_possible(audited: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert error_of("audit", "--export", "data/tiny") == (
        "audit: data/tiny exists; expected a new folder, so that no correction is overwritten; choose another"
    )
    assert status_of("audit", "--tool", "doccano") == 2
    assert "--tool: expected --export FOLDER beside it" in capsys.readouterr().err
    assert status_of("audit", "--export", "out", "--tool", "word") == 2
    assert "--tool word: expected one of label_studio, doccano, prodigy, brat" in capsys.readouterr().err


def test_an_export_after_the_data_have_changed(audited: Path) -> None:
    """Label ids of other data would be read with the names of the folds."""
    edit(Path("params.yaml"), "task: ner", "task: pos")
    run_stage("tokenize_align")
    assert error_of("audit", "--export", "data/corrected") == (
        "audit: data/audit: made with other data; expected those of data/tokenized; run `dvc repro audit/dvc.yaml`"
    )
    assert not Path("data/corrected").exists()


def test_an_export_that_fails_leaves_nothing(audited: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "_unaudited", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    assert "No space left on device" in error_of("audit", "--export", "data/corrected")
    assert not Path("data/corrected").exists()


def test_words_that_would_come_back_as_several(audited: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task = AnnotationTask.of_words(["New York"], None, [], {"id": "a"})
    monkeypatch.setattr(tasks, "_unaudited", lambda *_: iter([task]))
    for tool in ("label_studio", "doccano", "brat"):
        assert error_of("audit", "--export", "data/corrected", "--tool", tool) == (
            "audit: sentence a: the word 'New York' contains white space, so it would come back as several; choose "
            "--tool prodigy, which keeps words"
        )
        assert not Path("data/corrected").exists()
    run_stage("audit", "--export", "data/corrected", "--tool", "prodigy")


def test_other_params_than_those_of_the_folds(audited: Path) -> None:
    set_audit(seed=36)
    assert error_of("audit") == (
        "audit: data/audit/1: made with other params; expected those of audit/params.yaml; run "
        "`dvc repro audit/dvc.yaml:fold@1`"
    )


def test_folds_that_are_missing_or_damaged(audited: Path) -> None:
    path = Path("data/audit/2/train.parquet")
    path.write_bytes(path.read_bytes()[:-1])
    assert "audit: data/audit/2/train.parquet: changed since the stage audit/dvc.yaml:fold@2 wrote it" in error_of(
        "audit"
    )
    shutil.rmtree("data/audit/2")
    assert error_of("audit") == (
        "audit: data/audit/2 is missing: the stage audit/dvc.yaml:fold@2 writes it, so run "
        "`dvc repro audit/dvc.yaml:fold@2` first"
    )


def test_hosts_that_do_not_share_the_work_folder(audited: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tagline.tools.audit.labelling.seen_by_all", lambda _: False)
    message = error_of("audit_fold", "1")
    (work,) = Path(".work/audit-1").iterdir()
    assert message == (
        f"audit_fold: {work} is not the same folder on all hosts of this run; expected one that they share, which has the "
        "data of the fold; set TAGLINE_WORK to such a folder on all hosts"
    )


def test_without_the_model_that_was_trained_on_all(audited: Path) -> None:
    shutil.rmtree("data/audit/all")
    assert error_of("audit") == (
        "audit: data/audit/all is missing: the stage audit/dvc.yaml:all writes it, so run "
        "`dvc repro audit/dvc.yaml:all` first"
    )
    shutil.rmtree("models/finetuned")
    assert "models/finetuned is missing" in error_of("audit_all")


def test_a_fold_that_does_not_exist(audited: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of("audit_fold", "3") == 2
    assert "fold 3: expected one of 1, 2, as in audit/params.yaml" in capsys.readouterr().err


def test_plain_tags_have_no_surfaces(audited: Path) -> None:
    set_audit(group="surface")
    edit(Path("params.yaml"), "task: ner", "task: pos")
    run_stage("tokenize_align")
    assert error_of("audit_fold", "1") == (
        "audit_fold: audit.group: surface needs entities, but pos has one tag per word; set it to sentence"
    )
