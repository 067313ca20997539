"""Processes: a training may be several of them, one for each device of one or more hosts, and is one to the user.

A launcher of the user's starts them (`accelerate launch`, torchrun, MPI), or `tagline.training.own_launcher`. Then they
join, and whatever ends one of them ends all, with one message.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Callable
from datetime import timedelta

import torch
from accelerate import PartialState
from accelerate.utils import DistributedType, is_torch_xla_available, parse_flag_from_env
from torch.distributed import DistError, TCPStore  # type: ignore[attr-defined]

from tagline.core import launchers
from tagline.core.errors import UserError, exit_with_message
from tagline.core.signals import BY_OURS, Interrupted

# How long a process that lost another waits for the launcher to end it too, in seconds.
PATIENCE = 10
# By these no process has all weights: they lie in pieces, and so does the optimizer's state.
SHARDED = (DistributedType.FSDP, DistributedType.DEEPSPEED, DistributedType.MEGATRON_LM)


def device_count() -> int:
    """The devices of this host that a process each can compute on; 0 where that is the CPU, or a TPU's own launcher."""
    if parse_flag_from_env("ACCELERATE_USE_CPU") or is_torch_xla_available():
        return 0
    return torch.accelerator.device_count()


def join() -> PartialState:
    """Meet the other processes, if there are any.

    Raises:
        UserError: there are, but not on this host's devices.
    """
    state = PartialState(cpu=device_count() == 0)
    if state.num_processes < launchers.size():
        raise UserError(
            f"a launcher started {launchers.size()} processes, which can't work together on {state.device.type}: "
            "run train without it"
        )
    return state


def leave() -> None:
    """Part from the other processes, at the end of all work."""
    PartialState().destroy_process_group()


def exit_as_one(main: Callable[[], None]) -> None:
    """As `exit_with_message`; of several processes the first that fails tells, and all end with a status of failure."""
    if not launchers.several() and BY_OURS not in os.environ:
        exit_with_message(main)
        return
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


def _first_to_tell(main: Callable[[], None]) -> None:
    """Run it, and end this process silently where it fails and another one has failed before."""
    try:
        try:
            main()
        except Exception as error:
            if isinstance(error, DistError) or "gloo" in str(error):
                time.sleep(PATIENCE)
            if not _claimed():
                _end(1)
            raise
    except KeyboardInterrupt as stop:
        # Our launcher tells of a signal itself, whether that was sent to it, or by it as another process failed.
        if BY_OURS in os.environ or not _claimed():
            _end(stop.status if isinstance(stop, Interrupted) else 130)
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
