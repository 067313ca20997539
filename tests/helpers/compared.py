"""compare.py in this process, in a temporary Git and DVC repository of the tests."""

from __future__ import annotations

import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.project import ROOT, snapshot

IDENTITY = {f"GIT_{who}_{what}": "t@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=True).stdout


def commit(message: str, *options: str) -> None:
    git("add", "-A")
    git("commit", "-q", *options, "-m", message)


def work_in(path: Path, patch: pytest.MonkeyPatch) -> None:
    """Make a repository the current folder of this process, with a Git identity and DVC's temporary files inside."""
    patch.chdir(path)
    for name, value in {**IDENTITY, "DVC_SITE_CACHE_DIR": str(path / ".dvc/tmp/site")}.items():
        patch.setenv(name, value)


def work_in_copy(origin: Path, path: Path, patch: pytest.MonkeyPatch) -> Path:
    """Copy a repository and make the copy the current folder."""
    shutil.copytree(origin, path, symlinks=True)
    work_in(path, patch)
    return path


def run(*arguments: str) -> None:
    """Run the script."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["compare.py", *arguments])
        runpy.run_path(str(ROOT / "compare.py"), run_name="__main__")


def error_of(*arguments: str) -> str:
    """Run the script, which must fail, and return its message."""
    with pytest.raises(SystemExit) as raised:
        run(*arguments)
    assert isinstance(raised.value.code, str), f"exit with a status, not a message: {raised.value.code}"
    return raised.value.code


def state() -> tuple[dict[Path, bytes], str]:
    """Return the workspace as a user and Git see it, without DVC's cache and temporary files."""
    own = [(".dvc", "cache"), (".dvc", "tmp")]
    kept = {
        path: content
        for path, content in snapshot(Path()).items()
        if path.parts[0] != ".git" and path.parts[:2] not in own
    }
    return kept, git("status", "--porcelain=v2", "--branch") + git("for-each-ref") + git("stash", "list")
