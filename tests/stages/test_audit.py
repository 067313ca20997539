"""audit_fold.py and audit.py: a wrong label is found by models that have not seen it."""

import contextlib
import json
import re
import shutil
import signal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from helpers.annotated import embedded, write_rows
from helpers.formats import saved_row
from helpers.kill_points import killed
from helpers.messages import message_of
from helpers.project import edit, error_of, exit_of, run_stage, run_stages, run_verb, snapshot, status_of
from helpers.tiny import fill_workspace, raw_rows, set_params, set_train_params
from ruamel.yaml import YAML

from tagline.audit.audit_params import AUDIT_PARAMS, Audit
from tagline.core.names import SPLITS
from tagline.core.params import read_section
from tagline.crossval import labelling
from tagline.model.backends.torch_model import TorchModel
from tagline.tools.answers.task import AnnotationTask
from tagline.tools.audit import tasks
from tagline.tools.settings.created_pipelines import AUDIT

FOLDS = (1, 2)
# Divides the tiny training split in halves.
SEED = 35


def set_audit(**values: Any) -> None:
    path = Path("audit/params.yaml")
    params = YAML().load(path)
    params["audit"] |= {"folds": list(FOLDS), "seed": SEED} | values
    YAML().dump(params, path)


@pytest.fixture(scope="module")
def audited_once(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose first training sentence has lost its person, after an audit."""
    folder = tmp_path_factory.mktemp("audited")
    fill_workspace(folder, tiny_folder)
    path = folder / "data/tiny/train.conll"
    text = path.read_text(encoding="utf-8").replace("B-PER", "O", 1).replace("I-PER", "O", 1)
    path.write_text(text, encoding="utf-8")
    with contextlib.chdir(folder):
        Path("dvc.yaml").touch()
        AUDIT.create()
        set_audit()
        run_stages("download", "tokenize_align", "train", "audit_all")
        for number in FOLDS:
            run_stage("audit_fold", str(number))
        run_stage("audit")
    return folder


@pytest.fixture
def audited(audited_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(audited_once, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_wrong_label_comes_first_and_nothing_is_left_of_the_training(audited: Path) -> None:
    first = json.loads(Path("reports/audit.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert (first["rank"], first["kind"], first["id"], first["gold"]) == (1, "missing", "train-0", [])
    assert first["suggested"] == [{"type": "PER", "start": 0, "end": 2, "text": "Ada Lind"}]
    assert first["gold_probability"] < first["suggested_probability"]
    assert "Ada Lind" in Path("reports/audit.html").read_text(encoding="utf-8")
    assert not Path(".work").exists()
    assert sorted(path.name for path in Path("data/audit").iterdir()) == ["1", "2", "all"]


def test_device_out_of_memory_is_reported(audited: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forward(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")

    monkeypatch.setattr(TorchModel, "forward", forward)
    message = "audit_all: the device is out of memory with train.subwords_per_device: null; set it in params.yaml, or"
    assert error_of("audit_all").startswith(message)


def test_early_training_finds_the_wrong_label_without_folds(audited: Path) -> None:
    set_audit(folds=[0])
    run_stage("audit_fold", "0")
    run_stage("audit")
    provenance = json.loads(Path("data/audit/0/provenance.json").read_text(encoding="utf-8"))
    assert provenance["train"]["epochs"] == 3  # of 6
    first = json.loads(Path("reports/audit.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert (first["kind"], first["id"]) == ("missing", "train-0")


@pytest.mark.parametrize("damaged", [(), ("finetuned/model.safetensors", "tokenized/sentences/train/00000.arrow")])
def test_interrupted_fold_continues_after_its_training(audited: Path, damaged: tuple, monkeypatch, capsys) -> None:
    before = snapshot(Path("data/audit/1"))
    shutil.rmtree("data/audit/1")
    with monkeypatch.context() as patch:
        patch.setattr(labelling, "label", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(SystemExit):
            run_stage("audit_fold", "1")
    assert not Path("data/audit/1").exists()
    (work,) = Path(".work/audit-1").glob("*/")
    for name in damaged:
        (work / name).write_bytes((work / name).read_bytes()[:-1])
    if not damaged:
        monkeypatch.setattr(labelling, "fine_tune", None)
    capsys.readouterr()
    run_stage("audit_fold", "1")
    assert capsys.readouterr().out.count("changed since it was written); computing it again\n") == len(damaged)
    assert snapshot(Path("data/audit/1")) == before
    assert not Path(".work").exists()


def test_nothing_is_left_after_a_kill_at_the_end_of_training(audited: Path) -> None:
    before = snapshot(Path("data/audit/1"))
    shutil.rmtree("data/audit/1")
    assert killed(partial(run_stage, "audit_fold", "1"), ".validation.csv.partial") == -signal.SIGKILL
    run_stage("audit_fold", "1")
    assert snapshot(Path("data/audit/1")) == before
    assert not Path(".work").exists()


def test_params_are_checked(audited: Path) -> None:
    set_audit(folds=[0], group="surface")
    assert "group: surface needs folds, but folds: [0] holds nothing out; set group: sentence" in error_of("audit")
    set_audit(folds=[1], splits=["test"])
    message = error_of("audit")
    assert ": audit.folds: must be [0], crossval, or the numbers from 1 to the number of folds, at least 2" in message
    assert ": audit.splits: must contain train, and no split twice; evaluate lists the errors of" in message
    set_audit(splits=["train"])
    with AUDIT_PARAMS.open("a") as file:
        file.write("train: {epochs: 3}\n")
    assert f"{AUDIT_PARAMS}: train: unknown section (allowed: audit); training follows params.yaml" in error_of("audit")


def test_corrections_come_back_by_download(audited: Path) -> None:
    """A person accepts the suggestion for the first sentence; all splits are read again, with their words."""
    run_verb("audit", "export", "--output", "data/corrected")
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


def test_saved_page_of_suspicions_corrects_the_data_set(audited: Path) -> None:
    """A person accepts what it suggests for the first sentence; data/raw is as before its error was made."""
    run_verb("audit", "export", "--output", "fixes.html")
    found = [json.loads(line) for line in Path("reports/audit.jsonl").read_text(encoding="utf-8").splitlines()]
    page = json.loads(embedded(Path("fixes.html")))
    assert [task["id"] for task in page["tasks"]] == list(dict.fromkeys(each["id"] for each in found))
    first = page["tasks"][0]
    assert (first["id"], first["words"], first["suggested"][0][:3]) == ("train-0", found[0]["words"], [0, 2, "PER"])
    for task in page["tasks"]:
        gold = [entity for each in found if each["id"] == task["id"] for entity in each["gold"]]
        assert task["suspect"] == [[entity["start"], entity["end"], entity["type"]] for entity in gold]
        assert all(span in task["spans"] for span in task["suspect"])
    write_rows(
        Path("data/tiny/fixes.jsonl"),
        [saved_row(first["id"], first["words"], [span[:3] for span in first["suggested"]])],
    )
    set_params(download={"corrections": {"ner": "fixes.jsonl"}})
    run_stage("download")
    assert raw_rows("train")[0]["ner"][:2] == ["B-PER", "I-PER"]


def test_words_with_white_space_are_exported_for_prodigy_only(audited: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task = AnnotationTask.of_words(["New York"], None, [], {"id": "a"})
    monkeypatch.setattr(tasks, "_unaudited", lambda *_: iter([task]))
    params = read_section("audit", Audit, AUDIT_PARAMS)
    message = "sentence a: the word 'New York' contains white space, so it would come back as several; choose --format"
    assert message in message_of(tasks.save, Path("data/audit"), params, "brat", Path("data/corrected"))
    assert len(tasks.save(Path("data/audit"), params, "prodigy", Path("data/corrected"))) == 3


def test_wrong_usage_and_impossible_exports_are_errors(audited: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of("audit_fold", "3") == 2
    assert "fold 3: expected one of 1, 2, as in audit/params.yaml" in capsys.readouterr().err
    for usage, message in {
        "export --output out --guideline guide.md": "--guideline: expected --output FILE.html, a page",
        "export --output out.html --format doccano": "--format: expected --output FOLDER, not a page",
        "export --output out --format word": "argument --format: invalid choice: 'word'",
        "export out": "error: FOLDER is now --output FOLDER",
        "export --output out --tool brat": "error: --tool is now --format",
        "": "the following arguments are required: ACTION",
    }.items():
        assert exit_of("audit", *usage.split()) == 2
        assert message in capsys.readouterr().err
    message = "data/tiny exists; expected a new folder, so that no correction is overwritten; choose another"
    assert exit_of("audit", "export", "--output", "data/tiny") == f"audit: {message}"
    # Label ids of other data would be read with the names of the folds.
    edit(Path("params.yaml"), "task: ner", "task: pos")
    run_stage("tokenize_align")
    message = "data/audit: made with other data; expected those of data/tokenized; run `dvc repro audit/dvc.yaml`"
    assert exit_of("audit", "export", "--output", "data/corrected") == f"audit: {message}"
    assert not Path("data/corrected").exists()


def test_missing_folds_and_earlier_models_are_errors(audited: Path) -> None:
    shutil.rmtree("data/audit/2")
    assert error_of("audit") == (
        "audit: data/audit/2 is missing: the stage audit/dvc.yaml:fold@2 writes it, so run "
        "`dvc repro audit/dvc.yaml:fold@2` first"
    )
    set_train_params(start_from="old")
    said = "train.start_from and train.teacher: an earlier model may have learnt the labels that"
    assert error_of("audit_fold", "1").startswith(f"audit_fold: {said}")
    Path("dvc.yaml").touch()
    run_verb("audit", "create")
    assert error_of("check").startswith(f"check: {said}")


def test_half_of_one_epoch_is_an_error(audited: Path) -> None:
    set_audit(folds=[0])
    set_train_params(epochs=1)
    said = "audit.folds: [0] trains for half of the epochs, but train.epochs is 1; expected 2 or more; set it, or folds"
    assert error_of("audit_fold", "0").startswith(f"audit_fold: {said}")
    Path("dvc.yaml").touch()
    assert error_of("check").startswith(f"check: {said}")


def test_hosts_that_do_not_share_the_work_folder_are_an_error(audited: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labelling, "seen_by_all", lambda _: False)
    message = r"^audit_fold: \.work/audit-1/.* is not the same folder on all hosts of this run; expected one that they"
    assert re.match(message, error_of("audit_fold", "1"))
