"""compare.py in this process, in a temporary Git and DVC repository of the tests."""

from __future__ import annotations

import shutil
import subprocess
from functools import partial
from pathlib import Path

import pytest
from helpers.project import exit_of, run_script, snapshot

run = partial(run_script, "compare.py")

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


def error_of(*arguments: str) -> str:
    """Run the script, which must fail, and return its message."""
    code = exit_of("compare.py", *arguments)
    assert isinstance(code, str), f"exit with a status, not a message: {code}"
    return code


def state() -> tuple[dict[Path, bytes], str]:
    """Return the workspace as a user and Git see it, without DVC's cache and temporary files."""
    own = [(".dvc", "cache"), (".dvc", "tmp")]
    kept = {
        path: content
        for path, content in snapshot(Path()).items()
        if path.parts[0] != ".git" and path.parts[:2] not in own
    }
    return kept, git("status", "--porcelain=v2", "--branch") + git("for-each-ref") + git("stash", "list")
