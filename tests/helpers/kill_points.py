"""Kills a stage at a file operation: a point that does not depend on the speed of the host.

Python's audit events count the operations on the folders of inputs and outputs. `killed` runs a stage in a fork of the
test. `watched` is for the stages that DVC runs: it copies this file to sitecustomize.py, which Python imports when it
starts.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

OPERATIONS = "operations"
"""Name of the folder, beside a clone, that `watched` is told to use."""

_EVENTS = ("open", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.scandir", "shutil.copyfile")
_FOLDERS = {("data",), ("models",), ("metrics",), ("plots",), ("reports",), (".work",)}
_LOGS, _AT, _SIGNAL, _GROUP = "KILL_LOGS", "KILL_AT", "KILL_SIGNAL", "KILL_GROUP"


def killed(run: Callable[[], None], renamed: str, number: int = signal.SIGKILL) -> int:
    """Run something in a fork that gets a signal at a file operation, and return its exit status.

    Args:
        run: what to run in the current folder.
        renamed: the operation is the one after the rename of a path that contains this text.
        number: the signal.
    """
    process = os.fork()
    if process:
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    status, passed = 1, False

    def kill(operation: str) -> None:
        nonlocal passed
        if passed:
            passed = False
            os.kill(os.getpid(), number)
        passed = operation.startswith("os.rename ") and renamed in operation

    try:
        _call_at_operations(kill)
        run()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def watched(folder: Path, at: int = 0, number: int = signal.SIGKILL, group: bool = False) -> dict[str, str]:
    """Environment variables with which each stage logs its operations, or is killed before one of them.

    Args:
        folder: for the logs; created if it is missing.
        at: the operation, from 1; 0: the stage is not killed.
        number: the signal.
        group: whether DVC gets the signal too, as from Ctrl-C or if the host runs out of memory.
    """
    folder.mkdir(exist_ok=True)
    shutil.copyfile(__file__, folder / "sitecustomize.py")
    settings = {_LOGS: str(folder), _AT: str(at), _SIGNAL: str(int(number)), _GROUP: "1" if group else ""}
    return {"PYTHONPATH": str(folder), **settings}


def operations(folder: Path, stage: str) -> list[str]:
    """The operations of a stage in the last run that was watched, the one at which it was killed last."""
    return (folder / stage).read_text(encoding="utf-8").splitlines()


def _call_at_operations(action: Callable[[str], None]) -> None:
    """Call an action before each operation of this process, for the rest of its life."""
    top = Path.cwd()

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _EVENTS and isinstance(arguments[0], str | bytes | os.PathLike):
            path = os.path.relpath(os.fsdecode(arguments[0]), top)
            if Path(path).parts[:1] in _FOLDERS:
                action(f"{event} {path}")

    sys.addaudithook(audit)


def _watch(stage: str) -> None:
    log = os.open(Path(os.environ[_LOGS], stage), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    at, number, kill = int(os.environ[_AT]), int(os.environ[_SIGNAL]), os.killpg if os.environ[_GROUP] else os.kill
    target, count = 0 if os.environ[_GROUP] else os.getpid(), 0

    def act(operation: str) -> None:
        nonlocal count
        count += 1
        os.write(log, f"{operation}\n".encode())
        if count == at:
            kill(target, number)

    _call_at_operations(act)


if __name__ == "sitecustomize" and sys.orig_argv[-1].startswith("stages/"):
    _watch(Path(sys.orig_argv[-1]).stem)
