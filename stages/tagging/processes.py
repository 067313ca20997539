"""Processes: a training that is several of them, one for each device, and what keeps them one to the user.

They are started by a launcher of the user's (`accelerate launch`, torchrun, MPI), or by this module. Then they join,
and whatever ends one of them ends all, with one message.
"""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import subprocess
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import torch
from accelerate import PartialState
from accelerate.commands import launch
from accelerate.commands.config.config_args import default_config_file
from accelerate.utils import is_torch_xla_available, parse_flag_from_env
from torch.distributed import DistError, TCPStore  # type: ignore[attr-defined]
from torch.distributed import run as torchrun
from torch.distributed.elastic.multiprocessing import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

from tagging import launchers
from tagging.faults import Fault, exit_with_message

# How many processes to start, in place of one for each device.
VARIABLE = "TAGLINE_PROCESSES"
# How long a process that lost another waits for the launcher to end it too, in seconds.
PATIENCE = 10
# By which a process that this module's launcher started knows so: the launcher's id.
PARENT = "TAGLINE_PARENT"
PR_SET_PDEATHSIG = 1


def spread() -> None:
    """Where this host has several devices, run this script once for each, and end as they end.

    Returns where there is nothing to spread: a launcher has done it, or there is one device or none. With a
    configuration by `accelerate config` its launcher decides; `VARIABLE` overrides it.

    Raises:
        Fault: `VARIABLE` asks for what this host can't do, or the configuration can't be used.
    """
    if launchers.launched():
        return
    wanted, devices = os.environ.get(VARIABLE), device_count()
    if wanted is None and Path(default_config_file).is_file():
        arguments = launch.launch_command_parser().parse_args([f"--log_dir={os.devnull}", *sys.argv])
        _wait(lambda: launch.launch_command(arguments))
    count = devices if wanted is None else _parsed(wanted, devices)
    if count > 1:
        # Cores are shared like devices, unless the user says otherwise.
        os.environ.setdefault("OMP_NUM_THREADS", str(max(1, torch.get_num_threads() // count)))
        options = ["--standalone", "--local-addr=localhost", f"--log-dir={os.devnull}", f"--nproc-per-node={count}"]
        _wait(lambda: torchrun.run(torchrun.parse_args([*options, *sys.argv])))


def device_count() -> int:
    """The devices of this host that a process each can compute on; 0 where that is the CPU, or a TPU's own launcher."""
    if parse_flag_from_env("ACCELERATE_USE_CPU") or is_torch_xla_available():
        return 0
    return torch.accelerator.device_count()


def join() -> PartialState:
    """Meet the other processes, if there are any.

    Raises:
        Fault: there are, but not on this host's devices.
    """
    state = PartialState(cpu=device_count() == 0)
    if state.num_processes < launchers.size():
        raise Fault(
            f"a launcher started {launchers.size()} processes, which can't work together on {state.device.type}: "
            "run train without it"
        )
    return state


def leave() -> None:
    """Part from the other processes, at the end of all work."""
    PartialState().destroy_process_group()


def exit_as_one(main: Callable[[], None]) -> None:
    """As `exit_with_message`; of several processes the first that fails tells, and all end with a status of failure."""
    if launchers.size() == 1 and not launchers.launched():
        exit_with_message(main)
        return
    _end_with_parent()
    try:
        exit_with_message(lambda: _first_to_tell(main))
    except SystemExit as end:
        if not end.code:
            raise
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        _end(end.code if isinstance(end.code, int) else 1)
    except BaseException:
        traceback.print_exc()
        _end(1)


def _parsed(wanted: str, devices: int) -> int:
    count = int(wanted) if wanted.isdecimal() else 0
    if count < 1:
        raise Fault(f"{VARIABLE} is {wanted!r}: expected how many processes to start, 1 or more")
    if 0 < devices < count:
        raise Fault(f"{VARIABLE} is {count}, but this host has {devices} devices: expected no more processes than that")
    return count


def _wait(launcher: Callable[[], None]) -> None:
    """Run a launcher in this process, which waits for those that it starts, passes signals on, and ends as they end."""
    os.environ[PARENT] = str(os.getpid())
    # It would tell in a table what the process that failed has told already.
    logging.disable()
    warnings.simplefilter("ignore")
    try:
        launcher()
    except ChildFailedError as error:
        for number, failure in error.failures.items():
            if failure.exitcode < 0:
                raise Fault(
                    f"process {number} was ended by {failure.signal_name()}; where that is SIGKILL, "
                    "the host was perhaps short of memory"
                ) from None
        sys.exit(max(failure.exitcode for failure in error.failures.values()))
    except SignalException as error:
        sys.exit(128 + error.sigval)
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode if error.returncode > 0 else 128 - error.returncode)
    sys.exit(0)


def _end_with_parent() -> None:
    """Leave no process behind when the launcher is killed."""
    if PARENT in os.environ and sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM))
        if os.getppid() != int(os.environ[PARENT]):  # it was killed before
            _end(1)


def _first_to_tell(main: Callable[[], None]) -> None:
    """Run it, and end this process silently where it fails and another one has failed before."""
    try:
        main()
    except BaseException as error:
        if isinstance(error, DistError) or "gloo" in str(error):
            time.sleep(PATIENCE)
        if not _claimed():
            _end(1)
        raise


def _claimed() -> bool:
    """Whether this process is the first to ask, of all hosts'."""
    try:
        store = TCPStore(
            os.environ["MASTER_ADDR"],
            int(os.environ["MASTER_PORT"]),
            is_master=False,
            wait_for_workers=False,
            timeout=timedelta(seconds=PATIENCE),
        )
        return store.add("tagline: failed", 1) == 1
    except (KeyError, ValueError, DistError):
        # Nobody is there to ask: before they met, or as the first of them has gone, who held the answers.
        return PartialState().is_main_process if is_torch_xla_available() else launchers.rank() == 0


def _end(status: int) -> None:
    """End at once: a device may still wait for what the other processes will never send."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
