"""Our own launcher: one process for each device of this host, unless another launcher started this one.

Each of several hosts starts its own processes; torchrun's environment variables say where they meet.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from accelerate.commands import launch
from accelerate.commands.config.config_args import default_config_file, load_config_from_file
from torch.distributed import DistError
from torch.distributed import run as torchrun
from torch.distributed.elastic.multiprocessing import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError, ProcessFailure
from torch.distributed.elastic.rendezvous import RendezvousError

from tagline.core import launchers
from tagline.core.errors import UserError
from tagline.core.launchers import HOSTS
from tagline.core.signals import BY_OURS, Interrupted
from tagline.core.terminal import quoted
from tagline.training.processes import device_count, refuse_shards

# Environment variable: the number of processes to start, instead of one for each device.
VARIABLE = "TAGLINE_PROCESSES"
# On a CPU, more processes for each core would not start in time, or fill its memory.
PER_CORE = 8
# torchrun's environment variables for several hosts; Kubernetes' training operator sets them, a Slurm job can.
INDEX, ADDRESS, PORT = "PET_NODE_RANK", "PET_MASTER_ADDR", "PET_MASTER_PORT"


def relaunch_on_all_devices() -> None:
    """With several devices or hosts, run this script once for each device of this host, and exit with their status.

    Returns if there is nothing to launch: another launcher has done it, or there is one host with at most one device.
    If the user has run `accelerate config`, accelerate's launcher follows that configuration. `VARIABLE` and `HOSTS`
    override both.

    Raises:
        UserError: `VARIABLE` is not possible on this host, accelerate's configuration is invalid, or the hosts can't
            find each other.
    """
    if launchers.launched():
        return
    launchers.ignore()  # Kubernetes and Slurm set a size of 1; a shell may have a lone LOCAL_RANK
    wanted, devices = os.environ.get(VARIABLE), device_count()
    hosts = launchers.whole_number((HOSTS,), 1)
    launchers.whole_number((INDEX,), 0)  # checked
    if wanted is None and hosts < 2 and Path(default_config_file).is_file():
        _exit_like(lambda: _by_accelerate(default_config_file))
    count = max(devices, 1) if wanted is None else _parsed(wanted, devices)
    if count > 1 or hosts > 1:
        # Each process gets its share of the cores, unless the user sets the number of threads.
        os.environ.setdefault("OMP_NUM_THREADS", str(max(1, torch.get_num_threads() // count)))
        options = [] if hosts > 1 else ["--nnodes=1", "--standalone", "--local-addr=localhost"]
        options += [f"--log-dir={os.devnull}", f"--nproc-per-node={count}"]
        _exit_like(lambda: torchrun.run(torchrun.parse_args([*options, *sys.argv])))


def _parsed(wanted: str, devices: int) -> int:
    count = int(wanted) if wanted.isdecimal() and len(wanted) < 10 else 0
    if count < 1:
        raise UserError(
            f"environment variable {VARIABLE} is {quoted(wanted)}; expected a number of processes, at least 1"
        )
    most = devices or PER_CORE * (os.cpu_count() or 1)
    if count > most:
        each = "one for each device" if devices else f"{PER_CORE} for each core"
        raise UserError(f"environment variable {VARIABLE} is {count}; expected at most {most}, {each} of this host")
    return count


def _by_accelerate(config: str) -> None:
    arguments = launch.launch_command_parser().parse_args([f"--log_dir={os.devnull}", *sys.argv])
    try:
        refuse_shards(load_config_from_file(config).distributed_type, config)
        launch.launch_command(arguments)
    except (ValueError, ImportError, ConnectionError) as error:
        raise UserError(f"{config}: accelerate can't launch with this configuration: {error}") from None


def _exit_like(launcher: Callable[[], None]) -> None:
    """Run a launcher in this process and exit as its processes do; it passes signals on to them."""
    os.environ[BY_OURS] = "1"
    # The processes report their errors themselves; what they could not report is one message below.
    logging.disable()
    warnings.simplefilter("ignore")
    try:
        launcher()
    except ChildFailedError as error:
        sys.exit(_status(error.failures))
    except subprocess.CalledProcessError as error:
        sys.exit(_status({0: error}))
    except SignalException as error:
        raise Interrupted(error.sigval) from None
    except (DistError, RendezvousError) as error:
        reason = str(error).partition("\n")[0].rstrip(".")  # PyTorch may add a traceback of its C++ code
        raise UserError(
            f"the hosts of this run can't connect ({reason}); expected the first host's address and a free port there "
            f"in {ADDRESS} and {PORT}, and each host's own index in {INDEX}, or all three in accelerate's configuration"
        ) from None
    sys.exit(0)


def _status(failures: Mapping[int, ProcessFailure | subprocess.CalledProcessError]) -> int:
    """The exit status of the process that failed first; the launcher ends the others, and they count as failed too.

    Raises:
        UserError: a signal killed it, so that it printed no message.
    """
    codes = {
        number: failure.exitcode if isinstance(failure, ProcessFailure) else failure.returncode
        for number, failure in failures.items()
    }
    own = {number: code for number, code in codes.items() if code not in (-signal.SIGTERM, 128 + signal.SIGTERM)}
    if exited := [code for code in own.values() if code > 0]:
        return exited[0]
    number, code = next(iter((own or codes).items()))
    name = signal.Signals(-code if code < 0 else code - 128).name
    memory = "; the host may be out of memory" if name == "SIGKILL" else ""
    raise UserError(f"process {number} was killed by {name}{memory}") from None
