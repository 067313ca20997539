"""Start scripts as several processes on the CPU."""

import os
import socket
import subprocess
import sys

from helpers.project import ROOT

from tagline.core.launchers import FOR_ONE

TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=2", "--log-dir=/dev/null"]


# What `accelerate config` writes; with ACCELERATE_USE_CPU accelerate starts two processes on the CPU.
CONFIGURATION = """
compute_environment: LOCAL_MACHINE
distributed_type: MULTI_GPU
num_processes: 2
num_machines: 1
use_cpu: false
mixed_precision: bf16
main_process_port: 0
"""


def configured(folder):
    """The environment of a host where `accelerate config` asks for two processes; its file is in a folder."""
    (folder / "accelerate").mkdir()
    (folder / "accelerate/default_config.yaml").write_text(CONFIGURATION)
    return {"HF_HOME": str(folder)}


def start(script, launcher=(sys.executable,), folder=None, **environment):
    """Start a script, in a session of its own.

    Args:
        script: the script.
        launcher: the command before it.
        folder: where it runs; the current folder by default.
        environment: additional environment variables.
    """
    variables = {name: value for name, value in os.environ.items() if name not in FOR_ONE}
    # The CPU, even if the host has a GPU.
    variables |= {"ACCELERATE_USE_CPU": "true", "PYTHONPATH": str(ROOT / "stages")}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    command, variables = [*launcher, str(script)], variables | environment
    return subprocess.Popen(command, cwd=folder, env=variables, start_new_session=True, **pipes)


def free_port():
    """A port of the loopback interface that nobody uses now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def finish(process):
    """Wait; return exit status, standard output and standard error."""
    out, err = process.communicate(timeout=300)
    return process.returncode, out, err
