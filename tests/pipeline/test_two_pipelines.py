"""Two taggers in one repository, by real `dvc` in a temporary clone: entities and parts of speech of the same data."""

import json

import pytest
from helpers.built_once import built_once
from helpers.clone import ALL, Clone
from helpers.project import STAGES, declared, edit, run_stages


@pytest.fixture(scope="module")
def clone(origin, tmp_path_factory):
    """A repository whose root finds entities and whose folder pos finds parts of speech; both have run."""

    def build(folder):
        clone = origin.copy(folder / "a")
        settings = ("tokenize_align.tag_column=pos", "train.epochs=3", "export.onnx=false", "export.int8=false")
        clone.run("tagline", "pipeline", "pos", *(part for setting in settings for part in ("-S", setting)))
        ran = clone.repro("--all-pipelines")
        assert sorted(ran) == sorted(f"pos/dvc.yaml:{stage}" for stage in ALL), "that of the root has run"
        clone.commit("two pipelines")

    built = Clone(built_once(tmp_path_factory, "two-pipelines", build) / "a")
    return built.copy(tmp_path_factory.mktemp("two-pipelines") / "a")


def labels(path):
    return set(json.loads((path / "data/tokenized/labels.json").read_text(encoding="utf-8"))["names"])


def test_each_learns_its_own_task_and_a_second_repro_runs_nothing(clone):
    assert labels(clone.path) == {"O", "B-PER", "I-PER", "B-LOC", "I-LOC"}
    assert {"PROPN", "VERB", "ADP", "PUNCT"} <= labels(clone.path / "pos")
    assert clone.repro("--all-pipelines") == []
    assert clone.run("git", "status", "--porcelain") == ""
    paths = {f"{folder}{path}" for folder in ("", "pos/") for stage in STAGES for path in declared(stage, "metrics")}
    assert paths <= set(json.loads(clone.run("dvc", "metrics", "show", "--json"))[""]["data"])


def test_student_runs_after_its_teacher_and_again_when_that_changes(clone, monkeypatch):
    added = clone.path / "models/finetuned/README.md"
    clone.run("tagline", "pipeline", "student", "--teacher", ".", "-S", "train.epochs=1")
    monkeypatch.chdir(clone.path / "student")
    try:
        assert '"train" -> "student/dvc.yaml:train"' in clone.run("dvc", "dag", "--dot")
        run_stages("download", "tokenize_align", "train")  # in this process, which takes a tenth of the time
        clone.run("dvc", "commit", "--force", "--with-deps", "student/dvc.yaml:train")
        added.touch()
        status = json.loads(clone.run("dvc", "status", "--json", "student/dvc.yaml:train"))
        assert status == {"student/dvc.yaml:train": [{"changed deps": {"models/finetuned": "modified"}}]}
    finally:
        added.unlink(missing_ok=True)
        clone.run("git", "clean", "-fdqx", "student")


def test_change_concerns_both_and_a_stale_folder_stops_before_any_work(clone):
    for name in ("stages/tagline/evaluation/measurements/order.py", "data/tiny/test.conll"):
        with (clone.path / name).open("a", encoding="utf-8") as file:
            file.write("\n# changed\n")
    edit(clone.path / "dvc.yaml", "    - stages/tagline/hub/client.py\n", "")
    try:
        status = json.loads(clone.run("dvc", "status", "--json"))
        folders = ("", "pos/dvc.yaml:")
        assert status.keys() == {f"{folder}{stage}" for folder in folders for stage in ("evaluate", "download")}
        output = clone.run("dvc", "repro", "--force", "--single-item", "pos/dvc.yaml:download", status=255)
        assert "pos/dvc.yaml: out of date with dvc.yaml of the root; run `tagline pipeline --update`" in output
        assert "Traceback" not in output
        clone.run("tagline", "pipeline", "--update")
    finally:
        clone.run("git", "checkout", "-q", "--", ".")
        clone.run("dvc", "checkout", "-q")
