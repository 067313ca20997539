"""Runs scripts in forks of one process that has loaded PyTorch, pandas and Arrow.

A client of the Hub reads its environment when it is imported, so a script that uses one needs its own process. Most of
its start-up time goes to these libraries, which do not read that environment.
"""

import multiprocessing
import os
import runpy
import subprocess
import sys
import tempfile
from pathlib import Path

SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["pandas", "pyarrow.parquet", "torch"])


def run(script, environment):
    """Run a script in the current folder, as `subprocess.run` with captured output would."""
    with tempfile.NamedTemporaryFile("r") as out, tempfile.NamedTemporaryFile("r") as err:
        process = SERVER.Process(target=_run, args=(str(script), environment, out.name, err.name))
        process.start()
        process.join()
        return subprocess.CompletedProcess([str(script)], process.exitcode or 0, out.read(), err.read())


def _run(script, environment, *outputs):
    for descriptor, path in enumerate([os.devnull, *outputs]):
        os.dup2(os.open(path, os.O_RDWR), descriptor)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv, sys.path[0] = [script], str(Path(script).parent)
    runpy.run_path(script, run_name="__main__")
