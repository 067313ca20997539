"""The job files of docs/jobs: well-formed, and the one for Slurm run on two hosts that are this one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from helpers.clone import Clone
from helpers.project import ROOT, edit

JOBS = ROOT / "docs/jobs"
SRUN = """#!/bin/bash
shift # --kill-on-bad-exit
"$@" & "$@" && wait $!
"""

pytestmark = pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")


def test_they_are_well_formed():
    (script,) = yaml.safe_load((JOBS / "kubernetes.yaml").read_text(encoding="utf-8"))["spec"]["trainer"]["args"]
    for text in (script, (JOBS / "slurm.sh").read_text(encoding="utf-8")):
        checked = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)
        assert (checked.returncode, checked.stderr) == (0, "")
        assert "torchrun" in text and "dvc commit --force train" in text


def test_workflow_checks_dvc_lock_in_a_clone_without_cache(clone, tmp_path):
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    steps = {step["name"]: step["run"] for step in workflow["jobs"]["results"]["steps"] if {"name", "run"} <= {*step}}
    check = steps["dvc.lock is up to date"]
    assert check in (JOBS / "gitlab.yml").read_text(encoding="utf-8")
    fresh = Clone(tmp_path / "fresh")
    clone.run("git", "clone", "-q", str(clone.path), str(fresh.path))
    assert not (fresh.path / ".dvc/cache").exists() and not (fresh.path / "models").exists()
    assert fresh.run("bash", "-ec", check) == ""
    fresh.run("bash", "-ec", steps["Report of the results"])

    edit(fresh.path / "params.yaml", "\n  learning_rate: 0.02", "\n  learning_rate: 0.01")
    said = fresh.run("bash", "-ec", check, status=1)
    assert "check: dvc.lock: does not belong to this commit's code, params and data; expected the results of" in said
    assert "\n  train: ran with another train\n" in said
    fresh.run("git", "checkout", "-q", "params.yaml")

    edit(fresh.path / "dvc.yaml", "\n  export:\n", "\n  export:\n    always_changed: true\n")
    assert fresh.run("bash", "-ec", check) == ""
    fresh.run("git", "checkout", "-q", "dvc.yaml")

    # As after a merge that took the lock of train from one side and that of evaluate from the other.
    lock = yaml.safe_load(fresh.lock)
    (weights,) = (out for out in lock["stages"]["train"]["outs"] if out["path"] == "models/finetuned")
    (read,) = (dep for dep in lock["stages"]["export"]["deps"] if dep["path"] == "models/finetuned")
    read["md5"] = "0" * 32 + ".dir"
    (fresh.path / "dvc.lock").write_text(yaml.safe_dump(lock), encoding="utf-8")
    assert weights["md5"] != read["md5"]
    said = fresh.run("bash", "-ec", check, status=1)
    assert "\n  export: ran with another models/finetuned than dvc.lock has of the stage that writes it\n" in said


@pytest.mark.rare
def test_slurm(clone, tmp_path):
    for name, content in {"srun": SRUN, "scontrol": "#!/bin/bash\necho 127.0.0.1\n"}.items():
        (tmp_path / name).write_text(content)
        (tmp_path / name).chmod(0o755)
    activate = clone.path / ".venv/bin/activate"
    activate.parent.mkdir(parents=True)
    activate.write_text(f'PATH="{tmp_path}:{Path(sys.executable).parent}:$PATH"\n')
    clone.run("dvc", "remote", "add", "--default", "shared", str(tmp_path / "remote"))
    edit(clone.path / "params.yaml", "\n  learning_rate: 0.02", "\n  learning_rate: 0.01")
    job = {"SUBMIT_DIR": str(clone.path), "JOB_ID": str(os.getpid()), "JOB_NODELIST": "x", "NNODES": "2"}
    job["GPUS_ON_NODE"] = "1"
    slurm = {f"SLURM_{name}": value for name, value in job.items()}
    output = clone.run("bash", str(JOBS / "slurm.sh"), **slurm, ACCELERATE_USE_CPU="true")
    ran = [line.split("'")[1] for line in output.split("\n") if line.startswith("Running stage ")]
    assert ran == ["evaluate", "export"], "train was committed"
    assert output.count("epoch 6/6") == 1, "the other host has taken part"
    assert clone.repro() == []
    clone.run("dvc", "status", "--cloud", "--quiet")
    shutil.rmtree(activate.parents[1])
