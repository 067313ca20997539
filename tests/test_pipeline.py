"""The pipeline by real `dvc` in temporary clones: what reruns and what does not, and results that two people share."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from dvc.repo import Repo
from helpers.project import ROOT, SHARED, edit, import_closure
from helpers.tiny import TINY_PARAMS, write_params
from ruamel.yaml import YAML

ALL = ["download", "tokenize-align", "train", "evaluate", "export"]


class Clone:
    """A Git clone of the project with the tiny corpus in place of the sample."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            # The stages must run in the environment of the tests, activated or not.
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "DVC_SITE_CACHE_DIR": str(self.path / ".dvc/tmp/site"),
            "GIT_AUTHOR_NAME": "t",
            "GIT_AUTHOR_EMAIL": "t@example.com",
            "GIT_COMMITTER_NAME": "t",
            "GIT_COMMITTER_EMAIL": "t@example.com",
        }

    def run(self, *command: str, status: int = 0) -> str:
        done = subprocess.run(
            command,
            cwd=self.path,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == status, f"{command} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def repro(self, *arguments: str) -> list[str]:
        """Run ``dvc repro`` and name the stages that it ran."""
        output = self.run("dvc", "repro", *arguments)
        return [line.split("'")[1] for line in output.split("\n") if line.startswith("Running stage ")]

    def commit(self, message: str) -> None:
        self.run("git", "add", "-A")
        self.run("git", "commit", "-q", "-m", message)

    @property
    def lock(self) -> bytes:
        return (self.path / "dvc.lock").read_bytes()


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory, tiny_folder: Path) -> Clone:
    """The working tree as a fresh repository, params and data made tiny; all stages have run and are committed."""
    path = tmp_path_factory.mktemp("clones") / "a"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, path / name)
    shutil.copytree(tiny_folder, path / "data/tiny")
    write_params(path)
    for result in ("dvc.lock", "metrics", "plots"):
        shutil.rmtree(path / result) if (path / result).is_dir() else (path / result).unlink(missing_ok=True)
    clone = Clone(path)
    clone.run("git", "init", "-q", "-b", "main")
    clone.commit("the project")
    assert clone.repro() == ALL
    clone.commit("results")
    return clone


@pytest.fixture
def clone(origin: Clone) -> Iterator[Clone]:
    """The origin, put back afterwards."""
    yield origin
    origin.run("git", "checkout", "-q", "--", ".")
    origin.run("git", "clean", "-q", "-d", "--force")
    origin.run("dvc", "checkout", "-q", "--force")


def test_a_second_repro_runs_nothing(clone: Clone) -> None:
    assert clone.repro() == []
    assert clone.run("git", "status", "--porcelain") == "", "a run must leave nothing that Git does not know"


def test_forced_repro_leaves_the_lock_byte_identical(clone: Clone) -> None:
    before = clone.lock
    assert clone.repro("--force") == ALL
    assert clone.lock == before


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("task: ner", "task: pos", ["tokenize-align", "train", "evaluate", "export"]),
        ("min_agreement: 1.0", "min_agreement: 0.9", ["export"]),
        ("subwords_per_batch: 64", "subwords_per_batch: 65", ["evaluate"]),
        ("decoding: greedy", "decoding: constrained", ["evaluate", "export"]),
        ("warmup: 0.1", "warmup: 0.2", ["train", "evaluate", "export"]),
    ],
)
def test_what_a_param_reruns(clone: Clone, old: str, new: str, expected: list[str]) -> None:
    edit(clone.path / "params.yaml", old, new)
    assert clone.repro() == expected
    assert clone.repro() == []


def test_the_code_of_a_plot_reruns_evaluate_alone(clone: Clone) -> None:
    with (clone.path / "stages/tagline/metrics/plots.py").open("a") as file:
        file.write("\n# changed\n")
    assert clone.repro() == ["evaluate"]


def test_notes_beside_the_data_rerun_nothing(clone: Clone) -> None:
    (clone.path / "data/tiny/README.md").write_text("a note")
    assert clone.repro() == []


def test_switching_back_comes_from_the_run_cache(clone: Clone) -> None:
    edit(clone.path / "params.yaml", "seed: 7", "seed: 8")
    assert clone.repro() == ["train", "evaluate", "export"]
    edit(clone.path / "params.yaml", "seed: 8", "seed: 7")
    assert clone.repro() == []
    assert clone.run("git", "status", "--porcelain") == ""


class TestMatrix:
    """Each key of params.yaml, each script and each module: which stages DVC takes for changed by it alone."""

    modules = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "stages").rglob("*.py"))

    def changed(self, clone: Clone) -> set[str]:
        """The stages whose own code, params or source files changed (what follows from new outs is not asked)."""
        with Repo(str(clone.path)) as repo:
            return {
                stage.rpartition(":")[2]  # in front of it stands dvc.yaml's path, unless that is the current folder
                for stage, changes in repo.status().items()
                if any("changed deps" in change for change in changes if isinstance(change, dict))
            }

    @pytest.mark.parametrize("section", sorted(TINY_PARAMS))
    def test_a_key_concerns_its_own_stage(self, clone: Clone, section: str) -> None:
        stage = section.replace("_", "-")
        for key in TINY_PARAMS[section]:
            if key == "folder":  # it names a dependency too: seen in test_download.py
                continue
            params = json.loads(json.dumps(TINY_PARAMS))
            params[section][key] = "changed"
            write_params(clone.path, params)
            also = {name for name, shared in SHARED.items() if key in shared.get(section, [])}
            assert self.changed(clone) == {stage} | also, f"{section}.{key}"

    def test_a_file_concerns_the_stages_that_load_it(self, clone: Clone) -> None:
        loaded = {stage: import_closure(ROOT / f"stages/{stage.replace('-', '_')}.py") for stage in ALL}
        for module in self.modules:
            path = clone.path / module
            content = path.read_bytes()
            path.write_bytes(content + b"\n# changed\n")
            expected = {stage for stage, files in loaded.items() if module in files}
            assert self.changed(clone) == expected, module
            path.write_bytes(content)
        assert self.changed(clone) == set()

    def test_a_changed_source_file_concerns_download(self, clone: Clone) -> None:
        with (clone.path / "data/tiny/train.conll").open("a") as file:
            file.write("\nAda PROPN B-PER\n")
        assert self.changed(clone) == {"download"}


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="this system tells nobody of the end of a process")
def test_a_killed_repro_goes_on_and_ends_with_the_same_bytes(clone: Clone) -> None:
    undisturbed = clone.lock
    command = ("dvc", "repro", "--force", "--no-run-cache", "--single-item", "train")
    checkpoints: set[Path] = set()
    outputs = []
    # dvc alone, and all processes together, as Ctrl-C does it.
    for kill, number in [(os.kill, signal.SIGKILL), (os.kill, signal.SIGTERM), (os.killpg, signal.SIGINT)]:
        with subprocess.Popen(
            command,
            cwd=clone.path,
            env=clone.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as repro:
            while repro.poll() is None and checkpoints.issuperset(clone.path.glob(".work/train/*/step-*")):
                time.sleep(0.01)
            checkpoints.update(clone.path.glob(".work/train/*/step-*"))
            kill(repro.pid, number)
            # It ends when the stage has ended too: none is left behind.
            outputs.append(repro.communicate()[0])
    outputs.append(clone.run(*command))
    assert "continuing after step " in "".join(outputs)
    assert 'File "stages/train.py"' not in "".join(outputs), "a traceback"
    assert clone.lock == undisturbed
    assert clone.run("git", "status", "--porcelain") == ""
    assert not (clone.path / ".work").exists()


def test_two_people_share_results(clone: Clone, tmp_path: Path) -> None:
    clone.run("dvc", "remote", "add", "--default", "shared", str(tmp_path / "remote"))
    clone.commit("a remote")
    clone.run("dvc", "push")
    second = Clone(tmp_path / "b")
    clone.run("git", "clone", "-q", str(clone.path), str(second.path))
    second.run("dvc", "pull")
    assert second.repro() == []
    third = Clone(tmp_path / "c")
    clone.run("git", "clone", "-q", str(clone.path), str(third.path))
    assert third.repro("--pull") == [], "repro fetches what it needs by itself"
    edit(second.path / "params.yaml", "learning_rate: 0.02", "learning_rate: 0.0001")
    assert second.repro() == ["train", "evaluate", "export"]
    difference = json.loads(second.run("dvc", "metrics", "diff", "--json"))
    f1 = difference["metrics/evaluate.json"]["test.overall.f1"]
    assert f1["old"] != f1["new"]
    assert f1["diff"] == pytest.approx(f1["new"] - f1["old"])


@pytest.mark.parametrize(("command", "revisions"), [("show", {"workspace"}), ("diff HEAD~1", {"HEAD~1", "workspace"})])
def test_plots_are_drawn(clone: Clone, command: str, revisions: set[str]) -> None:
    # HEAD~1 is the project without results; give it some to be drawn.
    clone.run("git", "commit", "-q", "--allow-empty", "-m", "the same once more")
    try:
        output = clone.run("dvc", "plots", *command.split())
    finally:
        clone.run("git", "reset", "-q", "--hard", "HEAD~1")
    drawn = Path(output.strip().removeprefix("file://")).read_text()
    for plot in ("train_loss", "validation", "confusion", "per_type", "reliability"):
        assert drawn.count(f"vegaEmbed('#plots_{plot}_csv'") == 1
    specs = [json.loads(line.split(" = ")[1].rstrip(";")) for line in drawn.splitlines() if "var spec = " in line]
    assert len(specs) == 5
    for spec in specs:
        assert "<DVC_METRIC" not in json.dumps(spec), "the template asks for something that dvc.yaml does not give"
        assert {row["rev"] for row in spec["data"]["values"]} == revisions
    assert clone.run("git", "status", "--porcelain") == ""


def test_a_fault_stops_dvc_with_the_message(clone: Clone) -> None:
    edit(clone.path / "params.yaml", "epochs: 6", "epochs: none")
    output = clone.run("dvc", "repro", status=255)
    assert "train.epochs: should be a valid integer, got 'none'" in output
    assert "Traceback" not in output


def test_the_lock_is_readable_by_its_reviewers(clone: Clone) -> None:
    lock = YAML(typ="safe").load(clone.lock.decode())["stages"]
    assert list(lock) == ALL
    for stage in lock.values():
        for entry in [*stage["deps"], *stage["outs"]]:
            assert not Path(entry["path"]).is_absolute()
