"""`tagline serve` in another process."""

import os
import subprocess
import sys
from contextlib import contextmanager
from typing import NamedTuple

from helpers.project import ROOT


class Served(NamedTuple):
    url: str
    port: int
    process: subprocess.Popen[str]


@contextmanager
def served(model, *options):
    """Serve a model in the block. Whatever was asked, the process must end well and have logged nothing else.

    Args:
        model: an export.
        options: of the verb.
    """
    command = [sys.executable, "-m", "tagline", "serve", "--port=0", f"--model={model}", *options]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "stages")}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=environment, **pipes) as process:
        try:
            url = process.stdout.readline().split()[-1]
            yield Served(url, int(url.rpartition(":")[2]), process)
        finally:
            process.terminate()
            _, logged = process.communicate()
    assert process.returncode == 0
    assert logged == ""
