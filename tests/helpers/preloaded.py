"""Runs scripts in forks of one process that has loaded PyTorch, pandas and Arrow.

A client of the Hub reads its environment when it is imported, so a script that uses one needs its own process. Most of
its start-up time goes to these libraries, which do not read that environment.
"""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path


def run(script: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a script in the current folder, as `subprocess.run` with captured output would."""
    with tempfile.NamedTemporaryFile("r") as out, tempfile.NamedTemporaryFile("r") as err:
        server = _server()
        server.stdin.write(json.dumps([str(script), str(Path.cwd()), environment, out.name, err.name]) + "\n")
        server.stdin.flush()
        status = int(server.stdout.readline())
        return subprocess.CompletedProcess([str(script)], status, out.read(), err.read())


@cache
def _server() -> subprocess.Popen[str]:
    """Start the process; it ends with this one, which closes the pipe."""
    return subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _next_script() -> str:
    """Fork for each request; return in the children, which are ready to run their script then."""
    for line in sys.stdin:
        script, folder, environment, *outputs = json.loads(line)
        child = os.fork()
        if child == 0:
            for descriptor, path in enumerate([os.devnull, *outputs]):
                os.dup2(os.open(path, os.O_RDWR), descriptor)
            os.chdir(folder)
            os.environ.clear()
            os.environ.update(environment)
            sys.argv, sys.path[0] = [script], str(Path(script).parent)
            return script
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    sys.exit()


if __name__ == "__main__":
    import pandas  # noqa: F401
    import pyarrow.parquet  # noqa: F401
    import torch  # noqa: F401

    runpy.run_path(_next_script(), run_name="__main__")
