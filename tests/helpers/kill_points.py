"""Kills a stage, run in a fork of the test, at a file operation: a point that does not depend on the speed of the host.

Python's audit events count the operations on the folders of inputs and outputs.
"""

import os
import signal
import sys
import traceback
from pathlib import Path

_EVENTS = ("open", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.scandir", "shutil.copyfile")
_FOLDERS = {("data",), ("models",), ("metrics",), ("plots",), ("reports",), (".work",)}


def killed(run, at, number=signal.SIGKILL):
    """Run something in a fork that gets a signal at a file operation, and return its exit status.

    Args:
        run: what to run in the current folder.
        at: the operation, from 1; or a text: the one after the rename of a path that contains it.
        number: the signal.
    """
    process = os.fork()
    if process:
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    status, count, passed = 1, 0, False

    def kill(operation):
        nonlocal count, passed
        count += 1
        if passed or count == at:
            passed = False
            os.kill(os.getpid(), number)
        passed = isinstance(at, str) and operation.startswith("os.rename ") and at in operation

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


def count(run):
    """Run something in a fork, and return the number of its file operations."""
    read, write = os.pipe()
    process = os.fork()
    if not process:
        _call_at_operations(lambda _: os.write(write, b"."))
        run()
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        return len(pipe.read())


def _call_at_operations(action):
    """Call an action before each operation of this process, for the rest of its life."""
    top = Path.cwd()

    def audit(event, arguments):
        if event in _EVENTS and isinstance(arguments[0], str | bytes | os.PathLike):
            path = os.path.relpath(os.fsdecode(arguments[0]), top)
            if Path(path).parts[:1] in _FOLDERS:
                action(f"{event} {path}")

    sys.addaudithook(audit)
