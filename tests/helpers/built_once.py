"""Folders that take seconds to build, shared by all processes of a test run."""

import os
import shutil

from filelock import FileLock


def built_once(factory, name, build):
    """Return a folder that the first process to ask for it builds; tests must not change it.

    Args:
        factory: pytest's fixture; the folder is below its base.
        name: of the folder.
        build: creates the folder and fills it.
    """
    base = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent  # that of all workers
    folder, partial = base / name, base / f"{name}.partial"
    with FileLock(base / f"{name}.lock"):
        if not folder.exists():
            shutil.rmtree(partial, ignore_errors=True)  # of a process in which it failed
            build(partial)
            partial.rename(folder)
    return folder


def entered(built, tmp_path, monkeypatch):
    """Copy what was built once, for one test, and make the copy the current folder."""
    shutil.copytree(built, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path
