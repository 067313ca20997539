"""Start scripts as several processes on the CPU."""

import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from helpers.project import ROOT

TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=2", "--log-dir=/dev/null"]


def start(
    script: Path,
    launcher: Sequence[str] = (sys.executable,),
    processes: int | None = 2,
    folder: Path | None = None,
    **environment: str,
) -> subprocess.Popen[str]:
    """Start a script, in a session of its own.

    Args:
        script: the script.
        launcher: the command before it.
        processes: number of processes for our own launcher; None: its default.
        folder: where it runs; the current folder by default.
        environment: additional environment variables.
    """
    variables = {name: value for name, value in os.environ.items() if name != "TAGLINE_PROCESSES"}
    # The CPU, even if the host has a GPU.
    variables |= {"ACCELERATE_USE_CPU": "true", "PYTHONPATH": str(ROOT / "stages")}
    if processes is not None:
        variables["TAGLINE_PROCESSES"] = str(processes)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    command, variables = [*launcher, str(script)], variables | environment
    return subprocess.Popen(command, cwd=folder, env=variables, start_new_session=True, **pipes)


def free_port() -> int:
    """A port of the loopback interface that nobody uses now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Wait; return exit status, standard output and standard error."""
    out, err = process.communicate(timeout=300)
    return process.returncode, out, err
