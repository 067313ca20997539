"""A temporary clone of the project in which real `dvc` runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from compileall import compile_dir
from pathlib import Path

import pytest
from dvc.config import Config
from dvc.repo import Repo
from helpers.project import NAMES, ROOT
from helpers.tiny import write_params

ALL = list(NAMES.values())
# A change of params after which the export, whose conversion to ONNX takes most of the time, is quick.
WITHOUT_ONNX = ("onnx: true\n  int8: true", "onnx: false\n  int8: false")


class Clone:
    """A Git clone of the project with the tiny corpus in place of the sample."""

    def __init__(self, path):
        self.path = path

    @property
    def environment(self):
        # The stages must run in the environment of the tests, activated or not.
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return os.environ | {"PATH": path, "DVC_SITE_CACHE_DIR": str(self.path / ".dvc/tmp/site")}

    def run(self, *command, status=0, folder=".", **environment):
        options = {"env": self.environment | environment, "stdin": subprocess.DEVNULL, "capture_output": True}
        done = subprocess.run(command, cwd=self.path / folder, text=True, check=False, **options)
        assert done.returncode == status, f"{command} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def repro(self, *arguments):
        """Run ``dvc repro`` and name the stages that it ran."""
        output = self.run("dvc", "repro", *arguments)
        return [line.split("'")[1] for line in output.split("\n") if line.startswith("Running stage ")]

    def commit(self, message):
        self.run("git", "add", "-A")
        self.run("git", "commit", "-q", "-m", message)

    def copy(self, path):
        """Copy the repository with its history, cache and outs."""
        shutil.copytree(self.path, path, symlinks=True)
        return Clone(path)

    def restore(self, commit="HEAD"):
        """Put everything back as it was in a commit."""
        self.run("git", "reset", "-q", "--hard", commit)
        self.run("git", "clean", "-q", "-d", "--force")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DVC_SITE_CACHE_DIR", self.environment["DVC_SITE_CACHE_DIR"])
            with Repo(str(self.path)) as repo:
                repo.checkout(force=True)

    @property
    def lock(self):
        return (self.path / "dvc.lock").read_bytes()


def tiny_clone(path, tiny_folder):
    """Copy the working tree into a fresh repository with tiny params and data, and nothing that a user adds.

    That is: results, a cross-validation, data that DVC tracks, and remotes.
    """
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, path / name)
    shutil.copytree(tiny_folder, path / "data/tiny")
    write_params(path)
    added = [path / result for result in ("dvc.lock", "metrics", "plots")]
    added += [pipeline.parent for pipeline in path.glob("*/dvc.yaml")]
    added += [tracked for tracked in path.rglob("*.dvc") if tracked.is_file()]
    for each in added:
        shutil.rmtree(each) if each.is_dir() else each.unlink(missing_ok=True)
    config = Config(str(path / ".dvc"))
    if config["remote"]:
        with config.edit("repo") as of_repository:
            of_repository["remote"] = {}
            of_repository["core"].pop("remote", None)
    compile_dir(path / "stages", quiet=1)  # once, not in each of the processes that run here
    clone = Clone(path)
    clone.run("git", "init", "-q", "-b", "main")
    clone.commit("the project")
    return clone
