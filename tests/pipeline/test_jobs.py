"""The job files of docs/jobs: well-formed, and the one for Slurm run on two hosts that are this one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from helpers.project import ROOT, edit

JOBS = ROOT / "docs/jobs"
SRUN = """#!/bin/bash
shift # --kill-on-bad-exit
SLURM_NODEID=1 "$@" > host1.log 2>&1 &
SLURM_NODEID=0 "$@" && wait $!
"""

pytestmark = pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")


def test_they_are_well_formed():
    (script,) = yaml.safe_load((JOBS / "kubernetes.yaml").read_text(encoding="utf-8"))["spec"]["trainer"]["args"]
    for text in (script, (JOBS / "slurm.sh").read_text(encoding="utf-8")):
        checked = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)
        assert (checked.returncode, checked.stderr) == (0, "")
        assert "dvc repro --single-item --no-run-cache train" in text


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
    slurm = {f"SLURM_{name}": value for name, value in job.items()}
    output = clone.run("bash", str(JOBS / "slurm.sh"), **slurm, ACCELERATE_USE_CPU="true")
    ran = [line.split("'")[1] for line in output.split("\n") if line.startswith("Running stage ")]
    assert ran == ["train", "evaluate", "export"]
    assert output.count("epoch 6/6") == 1
    assert (clone.path / "host1.log").read_text() == "", "the other host has taken part"
    assert clone.repro() == []
    clone.run("dvc", "status", "--cloud", "--quiet")
    shutil.rmtree(activate.parents[1])
