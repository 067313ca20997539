"""The pipeline by real `dvc` in temporary clones: what reruns, what does not, and what DVC's tables and plots show."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
import yaml
from dvc.api import DVCFileSystem
from helpers.clone import ALL, WITHOUT_ONNX
from helpers.project import edit, json_of


def test_forced_repro_leaves_the_lock_byte_identical(clone):
    before = clone.lock
    assert clone.repro("--force") == ALL
    assert clone.lock == before
    lock = yaml.safe_load(before)["stages"]
    paths = [Path(entry["path"]) for stage in lock.values() for entry in [*stage["deps"], *stage["outs"]]]
    assert paths
    assert not [path for path in paths if path.is_absolute()]
    assert clone.run("git", "status", "--porcelain") == "", "a run must leave nothing that Git does not know"


def test_queued_experiment_uses_the_code_of_its_copy_and_tables_show_what_differs(clone):
    changed = "-S evaluate.subwords_per_batch=63 -S export.onnx=false -S export.int8=false"
    clone.run(*f"dvc exp run --queue --name older {changed}".split())
    edit(
        clone.path / "stages/tagline/evaluation/measurements/order.py", "COMPARED_DIGITS = 4\n", "COMPARED_DIGITS = 1\n"
    )
    clone.run("dvc", "exp", "run", "--run-all")
    older = json.loads(DVCFileSystem(str(clone.path), rev="older").read_text("metrics/evaluate.json"))
    assert round(older["test.loss"], 1) != older["test.loss"] == round(older["test.loss"], 4)

    table = clone.run("dvc", "metrics", "diff", "--all", "HEAD", "older").splitlines()[1:]
    shown = [line.split() for line in table if line.strip()]
    assert len(shown) == len(older) + len(json_of(clone.path / "metrics/export.json"))
    evaluated = [row[1] for row in shown if row[0] == "metrics/evaluate.json"]
    assert evaluated[:4] == ["test.calibration_error", "test.f1", "test.f1.LOC", "test.f1.PER"]
    clone.run("dvc", "exp", "remove", "older")


def test_changed_param_reruns_later_stages_and_its_old_value_comes_from_the_run_cache(clone):
    params = clone.path / "params.yaml"
    before = params.read_text()
    edit(params, "  subwords_per_batch: 64\n", "  subwords_per_batch: 32\n")
    edit(params, *WITHOUT_ONNX)
    edit(params, "  max_f1_drop: 0.05\n", "  max_f1_drop: 0.06\n")  # which no other test has, so not in the run cache
    (clone.path / "data/tiny/README.md").write_text("a note beside the data")
    assert clone.repro() == ["evaluate", "export"]
    params.write_text(before)
    (clone.path / "data/tiny/README.md").unlink()
    assert clone.repro() == []
    assert clone.run("git", "status", "--porcelain") == ""


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="this system tells nobody of the end of a process")
def test_killed_repro_resumes_training_to_same_bytes(clone):
    undisturbed = clone.lock
    command = ("dvc", "repro", "--force", "--no-run-cache", "--single-item", "train")
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    options = {"cwd": clone.path, "env": clone.environment, "start_new_session": True, **pipes}
    checkpoints = set()
    outputs = []
    # dvc alone, and all processes together, as Ctrl-C does it.
    for kill, number in [(os.kill, signal.SIGKILL), (os.killpg, signal.SIGINT)]:
        with subprocess.Popen(command, **options) as repro:
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
    assert not list(clone.path.glob(".work/*/*"))


def test_cross_validation_runs_by_its_own_name_and_is_compared_between_commits(clone):
    def ran():
        return sorted(stage.rpartition(":")[2] for stage in clone.repro("crossval/dvc.yaml"))

    clone.run("tagline", "crossval")
    params = clone.path / "crossval/params.yaml"
    edit(params, "folds: 5", "folds: 2")
    edit(params, "seed: 42", "seed: 35")
    assert clone.repro() == []
    assert ran() == ["crossval"]
    assert ran() == []
    clone.commit("a cross-validation")
    f1 = json_of(clone.path / "crossval/metrics.json")["cross-validated.f1"]
    compared = clone.run("tagline", "compare", "--split", "cross-validated")
    assert compared.startswith(f"cross-validated F1 {f1:.3f} → {f1:.3f}, equal")
    assert "outdated" not in compared
    edit(clone.path / "params.yaml", "epochs: 6", "epochs: 2")
    said = " ".join(clone.run("tagline", "scores").split())
    assert said.endswith("every error: reports/evaluate.html")
    assert "`dvc repro crossval/dvc.yaml` would rerun crossval/dvc.yaml:crossval (train)" in said
    message = "HEAD~1: data/crossval/predictions: no predictions; expected those of a run; run `dvc push` where"
    assert message in clone.run("tagline", "compare", "HEAD~1", "--split", "cross-validated", status=1)
