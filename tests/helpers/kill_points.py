"""Kills a stage that DVC runs at its N-th file operation: a point that does not depend on the speed of the host.

`watched` copies this file to sitecustomize.py, which Python imports when it starts. There it counts, by Python's audit
events, the operations of a stage on the folders of its inputs and outputs.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

OPERATIONS = "operations"
"""Name of the folder, beside a clone, that `watched` is told to use."""

_EVENTS = ("open", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.scandir", "shutil.copyfile")
_FOLDERS = {("data",), ("models",), ("metrics",), ("plots",), ("reports",), (".work",)}
_LOGS, _AT, _SIGNAL, _GROUP = "KILL_LOGS", "KILL_AT", "KILL_SIGNAL", "KILL_GROUP"


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


def _watch(stage: str) -> None:
    log = os.open(Path(os.environ[_LOGS], stage), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    at, number, kill = int(os.environ[_AT]), int(os.environ[_SIGNAL]), os.killpg if os.environ[_GROUP] else os.kill
    target = 0 if os.environ[_GROUP] else os.getpid()
    top, count = Path.cwd(), 0

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal count
        if event not in _EVENTS or not isinstance(arguments[0], str | bytes | os.PathLike):
            return
        path = os.path.relpath(os.fsdecode(arguments[0]), top)
        if Path(path).parts[:1] in _FOLDERS:
            count += 1
            os.write(log, f"{event} {path}\n".encode())
            if count == at:
                kill(target, number)

    sys.addaudithook(audit)


if __name__ == "sitecustomize" and sys.orig_argv[-1].startswith("stages/"):
    _watch(Path(sys.orig_argv[-1]).stem)
