"""`make differences`, the last line of `make repro`: whether results differ from the committed ones."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from helpers.project import ROOT

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="this host has no make")


def run(folder: Path, *command: str) -> str:
    # Git must not find a repository above the folder, and make must not take itself for one that `make test` started.
    of_make = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    environment = {name: value for name, value in os.environ.items() if name not in of_make}
    environment["GIT_CEILING_DIRECTORIES"] = str(folder.parent)
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return done.stdout + done.stderr


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with inputs and results, which are committed."""
    folder = tmp_path / "project"
    for name in ("params.yaml", "dvc.yaml", "dvc.lock", "data/train.conll", "stages/train.py", "plots/validation.csv"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("committed\n")
    shutil.copy(ROOT / "Makefile", folder)
    run(folder, "git", "init", "-q")
    assert run(folder, "make", "differences") == "", "nothing is committed"
    run(folder, "git", "add", "-A")
    run(folder, "git", "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "-m", "results")
    return folder


def test_differing_results_are_said_unless_inputs_differ_too(repository: Path) -> None:
    assert run(repository, "make", "differences") == ""
    for name in ("dvc.lock", "plots/validation.csv"):
        (repository / name).write_text("of this host\n")
    said = run(repository, "make", "differences").splitlines()
    assert said[-1] == "git add dvc.lock metrics plots && git commit"
    assert max(map(len, said)) <= 100
    (repository / "params.yaml").write_text("changed\n")
    assert run(repository, "make", "differences") == ""


def test_without_git_nothing_is_said(repository: Path, tmp_path: Path) -> None:
    (repository / "dvc.lock").write_text("of this host\n")
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "sh").symlink_to(str(shutil.which("sh")))
    assert run(repository, "env", f"PATH={programs}", str(shutil.which("make")), "differences") == ""
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\nrepro:")[2].partition("\n\n")[0]
    assert recipe.splitlines()[-1].endswith(" differences"), "`make repro` ends with it"
