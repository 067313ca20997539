"""`tagline serve` in another process."""

import os
import re
import resource
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
def served(model, *options, files=1000, logs=re.compile("")):
    """Serve a model in the block. Whatever was asked, the process must end well and have logged nothing else.

    Args:
        model: an export.
        options: of the verb.
        files: the most that the process may open.
        logs: what it logs.
    """

    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))

    command = [sys.executable, "-m", "tagline", "serve", "--port=0", f"--model={model}", *options]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "stages")}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=environment, preexec_fn=limit, **pipes) as process:
        try:
            url = process.stdout.readline().split()[-1]
            yield Served(url, int(url.rpartition(":")[2]), process)
        finally:
            process.terminate()
            _, logged = process.communicate()
    assert process.returncode == 0
    assert logs.fullmatch(logged), logged
