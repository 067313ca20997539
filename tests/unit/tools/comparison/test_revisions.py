"""Results of revisions, in repositories where DVC's root, the pipeline and the current folder are not the same."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from dvc.repo import Repo

from tagline.core.errors import UserError
from tagline.tools.comparison.revisions import WORKSPACE, read

# Of evaluate, which writes what its param says.
SCRIPT = """
import json, pathlib
import pyarrow as pa
import pyarrow.parquet as pq
label = next(line.split(": ")[1].strip() for line in open("params.yaml") if "label" in line)
rows = {"id": ["test-0"], "words": [["Oslo"]], "gold": [["B-LOC"]], "predicted": [[label]], "score": [[1.0]]}
for folder in ("data/predictions", "metrics"):
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
pq.write_table(pa.table(rows), "data/predictions/test.parquet")
pathlib.Path("metrics/evaluate.json").write_text(json.dumps({"test": {"overall": {"f1": float(label == "B-LOC")}}}))
"""
PIPELINE = """
stages:
  evaluate:
    cmd: python {up}evaluate.py
    params: [evaluate.label]
    outs: [data/predictions]
    metrics:
      - metrics/evaluate.json: {{cache: false}}
"""
IDENTITY = {f"GIT_{who}_{what}": "t@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


def set_label(folder: Path, label: str) -> None:
    (folder / "params.yaml").write_text(f"evaluate:\n  label: {label}\n")


def label(name: str, folder: Path | None = None) -> str:
    """The one label that a revision predicts, and the F1 that its metrics say."""
    found = read(name, ["test"], folder)
    ((predicted,),) = [sentence.predicted_names for sentence in found.splits["test"]]
    return f"{predicted} {found.metrics['test']['overall']['f1']:g}"


@pytest.fixture(scope="module", params=[".", "models/tagger"], ids=["root", "subdir"])
def origin(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Two pipelines below a root of DVC: commits first and second, an experiment `tried` of the second pipeline.

    The predictions of first are in the cache only.
    """
    git = tmp_path_factory.mktemp("origin")
    root = git / request.param
    root.mkdir(parents=True, exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**IDENTITY, "DVC_SITE_CACHE_DIR": str(git / ".git/site")}.items():
            patch.setenv(name, value)
        patch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        patch.chdir(root)
        run("git", "init", "-q", "-b", "main", str(git))
        Repo.init(subdir=root != git).close()
        (root / "evaluate.py").write_text(SCRIPT)
        for folder, up, labels in ((root, "", ("O", "B-LOC")), (root / "pos", "../", ("B-PER", "B-ORG"))):
            folder.mkdir(exist_ok=True)
            (folder / "dvc.yaml").write_text(PIPELINE.format(up=up))
            set_label(folder, labels[0])
        for tag, labels in (("first", None), ("second", ("B-LOC", "B-ORG"))):
            if labels:
                set_label(root, labels[0])
                set_label(root / "pos", labels[1])
            with Repo() as repo:
                repo.reproduce(all_pipelines=True)
            run("git", "add", "-A")
            run("git", "commit", "-q", "-m", tag)
            run("git", "tag", tag)
        patch.chdir(root / "pos")
        with Repo() as repo:
            repo.experiments.run(name="tried", params=["evaluate.label=B-MISC"])
        run("git", "checkout", "-q", "--", ".")
        with Repo() as repo:
            repo.checkout()
        patch.chdir(root)
        yield root


@pytest.fixture
def repository(origin: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The root of DVC, the current folder."""
    monkeypatch.chdir(origin)
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(origin / ".dvc/tmp/site"))
    return origin


@pytest.mark.parametrize("current", [".", "metrics"])
def test_the_root_pipeline_from_its_folder_or_one_below(repository: Path, current: str, monkeypatch) -> None:
    monkeypatch.chdir(current)
    assert [label(name) for name in ("first", "second", WORKSPACE)] == ["O 0", "B-LOC 1", "B-LOC 1"]


@pytest.mark.parametrize(
    ("current", "folder"), [(".", "pos"), ("pos", None), ("pos/metrics", None), ("metrics", "../pos")]
)
def test_another_pipeline_by_its_folder(repository: Path, current: str, folder: str | None, monkeypatch) -> None:
    monkeypatch.chdir(current)
    path = None if folder is None else Path(folder)
    found = [label(name, path) for name in ("first", "second", "tried", WORKSPACE)]
    assert found == ["B-PER 0", "B-ORG 0", "B-MISC 0", "B-ORG 0"]
    assert label("tried", repository) == "B-LOC 1", "the experiment did not concern the root pipeline"


def test_a_stale_workspace_is_reported_from_any_folder(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (repository / "pos/params.yaml").read_text()
    set_label(repository / "pos", "B-XYZ")
    try:
        assert "pos/dvc.yaml:evaluate (evaluate.label)" in read(WORKSPACE, ["test"], Path("pos")).notes[0]
        assert read(WORKSPACE, ["test"]).notes == []
        monkeypatch.chdir("pos/metrics")
        assert "../dvc.yaml:evaluate (evaluate.label)" in read(WORKSPACE, ["test"]).notes[0]
    finally:
        (repository / "pos/params.yaml").write_text(before)


def test_commands_in_messages_name_the_stage_of_the_pipeline(repository: Path) -> None:
    shutil.move("pos/data", "pos/moved")
    try:
        with pytest.raises(UserError, match="pos/data/predictions/test.parquet.*`dvc repro pos/dvc.yaml:evaluate`"):
            read(WORKSPACE, ["test"], Path("pos"))
    finally:
        shutil.move("pos/moved", "pos/data")


def test_pipes_and_devices_are_not_read(repository: Path) -> None:
    link = Path("pos/data/predictions/provenance.json")
    link.symlink_to("/dev/null")
    try:
        with pytest.raises(UserError, match="pos/data/predictions/provenance.json is a pipe or device; expected files"):
            read(WORKSPACE, ["test"], Path("pos"))
    finally:
        link.unlink()


@pytest.mark.parametrize(
    ("folder", "message"),
    [
        ("metrics", "--pipeline metrics: the folder has no dvc.yaml; expected the folder of a pipeline"),
        ("missing", "directory 'missing' does not exist"),
    ],
)
def test_a_folder_without_a_pipeline(repository: Path, folder: str, message: str) -> None:
    with pytest.raises(UserError) as raised:
        read("first", ["test"], Path(folder))
    assert str(raised.value) == message


def test_a_revision_before_the_pipeline(repository: Path) -> None:
    Path("other").mkdir()
    try:
        shutil.copy("dvc.yaml", "other/dvc.yaml")
        with pytest.raises(UserError, match=r"first.* other/data/predictions.*dvc repro other/dvc.yaml:evaluate"):
            read("first", ["test"], Path("other"))
    finally:
        shutil.rmtree("other")
