"""The pipeline by real `dvc` in temporary clones: what reruns, and what does not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
import yaml
from dvc.api import DVCFileSystem
from dvc.repo import Repo
from helpers.clone import ALL, Clone
from helpers.project import NAMES, ROOT, STAGES, declared, edit
from helpers.tiny import TINY_PARAMS, write_params


def test_a_second_repro_runs_nothing(clone: Clone) -> None:
    assert clone.repro() == []
    assert clone.run("git", "status", "--porcelain") == "", "a run must leave nothing that Git does not know"


def test_forced_repro_leaves_the_lock_byte_identical(clone: Clone) -> None:
    before = clone.lock
    assert clone.repro("--force") == ALL
    assert clone.lock == before


def test_queued_experiment_uses_the_code_of_its_copy(clone: Clone) -> None:
    summary = clone.path / "stages/tagline/evaluation/summary.py"
    clone.run("dvc", "exp", "run", "--queue", "--name", "older", "-S", "evaluate.subwords_per_batch=63")
    edit(summary, "\nDIGITS = 4\n", "\nDIGITS = 1\n")
    clone.run("dvc", "exp", "run", "--run-all")
    older = json.loads(DVCFileSystem(str(clone.path), rev="older").read_text("metrics/evaluate.json"))
    clone.run("dvc", "repro", "evaluate")
    newer = json.loads((clone.path / "metrics/evaluate.json").read_text(encoding="utf-8"))
    clone.run("dvc", "exp", "remove", "older")
    loss = older["test.loss"]
    assert round(loss, 1) == newer["test.loss"] != loss


def test_changed_param_reruns_later_stages_and_its_old_value_comes_from_the_run_cache(clone: Clone) -> None:
    edit(clone.path / "params.yaml", "decoding: greedy", "decoding: constrained")
    (clone.path / "data/tiny/README.md").write_text("a note beside the data")
    assert clone.repro() == ["evaluate", "export"]
    edit(clone.path / "params.yaml", "decoding: constrained", "decoding: greedy")
    (clone.path / "data/tiny/README.md").unlink()
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

    @pytest.mark.parametrize("stage", STAGES)
    def test_a_key_concerns_its_own_stage(self, clone: Clone, stage: str) -> None:
        for key in TINY_PARAMS[stage]:
            if key == "folder":  # it names a dependency too: seen in test_download.py
                continue
            params = json.loads(json.dumps(TINY_PARAMS))
            params[stage][key] = "changed"
            write_params(clone.path, params)
            assert self.changed(clone) == {NAMES[stage]}, f"{stage}.{key}"

    def test_a_file_concerns_the_stages_that_declare_it(self, clone: Clone) -> None:
        code = {NAMES[stage]: declared(stage, "deps") for stage in STAGES}
        with Repo(str(clone.path)) as repo:  # once: to read dvc.yaml and dvc.lock takes longer than to hash the code
            deps = {
                stage.name: [dep for dep in stage.deps if dep.def_path.startswith("stages/")]
                for stage in repo.index.stages
            }
            for module in self.modules:
                path = clone.path / module
                content = path.read_bytes()
                path.write_bytes(content + b"\n# changed\n")
                expected = {
                    stage
                    for stage, paths in code.items()
                    if any(module == each or module.startswith(f"{each}/") for each in paths)
                }
                assert {stage for stage in deps if any(dep.status() for dep in deps[stage])} == expected, module
                if set(module.split("/")) & {"report", "export", "inference", "comparison", "settings"}:
                    assert "train" not in expected
                path.write_bytes(content)
        assert self.changed(clone) == set()

    def test_a_changed_source_file_concerns_download(self, clone: Clone) -> None:
        with (clone.path / "data/tiny/train.conll").open("a") as file:
            file.write("\nAda PROPN B-PER\n")
        assert self.changed(clone) == {"download"}


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="this system tells nobody of the end of a process")
def test_killed_repro_resumes_training_to_same_bytes(clone: Clone) -> None:
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


def test_plots_of_two_commits_are_drawn(clone: Clone) -> None:
    # HEAD~1 is the project without results; give it some to be drawn.
    clone.run("git", "commit", "-q", "--allow-empty", "-m", "the same once more")
    try:
        output = clone.run("dvc", "plots", "diff", "HEAD~1")
    finally:
        clone.run("git", "reset", "-q", "--hard", "HEAD~1")
    drawn = Path(output.strip().removeprefix("file://")).read_text()
    for plot in ("train_loss", "validation", "confusion", "per_type", "reliability"):
        assert drawn.count(f"vegaEmbed('#plots_{plot}_csv'") == 1
    specs = [json.loads(line.split(" = ")[1].rstrip(";")) for line in drawn.splitlines() if "var spec = " in line]
    assert len(specs) == 5
    for spec in specs:
        assert "<DVC_METRIC" not in json.dumps(spec), "the template asks for something that dvc.yaml does not give"
        assert {row["rev"] for row in spec["data"]["values"]} == {"HEAD~1", "workspace"}
    assert clone.run("git", "status", "--porcelain") == ""


def test_params_error_stops_dvc_with_its_message(clone: Clone) -> None:
    edit(clone.path / "params.yaml", "epochs: 6", "epochs: none")
    output = clone.run("dvc", "repro", status=255)
    assert "train.epochs: should be a valid integer, got 'none'" in output
    assert "Traceback" not in output


def test_the_lock_is_readable_by_its_reviewers(clone: Clone) -> None:
    lock = yaml.safe_load(clone.lock)["stages"]
    assert list(lock) == ALL
    for stage in lock.values():
        for entry in [*stage["deps"], *stage["outs"]]:
            assert not Path(entry["path"]).is_absolute()
