"""Our own launcher: one process for each device of this host, where no other launcher started this one."""

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
from accelerate.commands.config.config_args import default_config_file
from torch.distributed import run as torchrun
from torch.distributed.elastic.multiprocessing import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError, ProcessFailure

from tagline.core import launchers
from tagline.core.errors import UserError
from tagline.core.signals import BY_OURS, Interrupted
from tagline.training.processes import device_count

# How many processes to start, in place of one for each device.
VARIABLE = "TAGLINE_PROCESSES"


def relaunch_on_all_devices() -> None:
    """Where this host has several devices, run this script once for each, and end as they end.

    Returns where there is nothing to spread: a launcher has done it, or there is one device or none. Where
    `accelerate config` was run, accelerate's launcher does as it says. `VARIABLE` overrides both.

    Raises:
        UserError: `VARIABLE` asks for what this host can't do, or the configuration can't be used.
    """
    if launchers.launched():
        return
    wanted, devices = os.environ.get(VARIABLE), device_count()
    if wanted is None and Path(default_config_file).is_file():
        _end_like(lambda: _by_accelerate(default_config_file))
    count = devices if wanted is None else _parsed(wanted, devices)
    if count > 1:
        # Cores are shared like devices, unless the user says otherwise.
        os.environ.setdefault("OMP_NUM_THREADS", str(max(1, torch.get_num_threads() // count)))
        options = ["--standalone", "--local-addr=localhost", f"--log-dir={os.devnull}", f"--nproc-per-node={count}"]
        _end_like(lambda: torchrun.run(torchrun.parse_args([*options, *sys.argv])))


def _parsed(wanted: str, devices: int) -> int:
    count = int(wanted) if wanted.isdecimal() else 0
    if count < 1:
        raise UserError(f"{VARIABLE} is {wanted!r}: expected how many processes to start, 1 or more")
    if 0 < devices < count:
        raise UserError(f"{VARIABLE} is {count}: expected at most {devices}, one for each device of this host")
    return count


def _by_accelerate(config: str) -> None:
    arguments = launch.launch_command_parser().parse_args([f"--log_dir={os.devnull}", *sys.argv])
    try:
        launch.launch_command(arguments)
    except (ValueError, ImportError, ConnectionError) as error:
        raise UserError(f"accelerate can't start what {config} asks for: {error}") from None


def _end_like(launcher: Callable[[], None]) -> None:
    """Run a launcher within this process: it waits for those that it starts and passes signals on to them."""
    os.environ[BY_OURS] = "1"
    # What they could not tell themselves is told here, in one message, and all else would be told twice.
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
    sys.exit(0)


def _status(failures: Mapping[int, ProcessFailure | subprocess.CalledProcessError]) -> int:
    """The exit status of the process that failed by itself; those that were ended for it are among the failures too.

    Raises:
        UserError: it was killed, so that it told nothing.
    """
    codes = {
        number: failure.exitcode if isinstance(failure, ProcessFailure) else failure.returncode
        for number, failure in failures.items()
    }
    own = {number: code for number, code in codes.items() if code not in (-signal.SIGTERM, 128 + signal.SIGTERM)}
    if told := [code for code in own.values() if code > 0]:
        return told[0]
    number, code = next(iter((own or codes).items()))
    name = signal.Signals(-code if code < 0 else code - 128).name
    memory = ": perhaps the host is short of memory" if name == "SIGKILL" else ""
    raise UserError(f"process {number} was ended by {name}{memory}") from None
