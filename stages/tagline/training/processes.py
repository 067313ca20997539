"""Processes of a training run, one for each device of one or more hosts; to the user they are one run.

A launcher starts them: the user's (`accelerate launch`, torchrun, MPI), or `tagline.training.own_launcher`. An error in
one of them ends all, with one message on each host.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import torch
from accelerate import PartialState
from accelerate.utils import DistributedType, gather, parse_flag_from_env
from torch.distributed import DistError, TCPStore  # type: ignore[attr-defined]

from tagline.core import launchers
from tagline.core.errors import UserError, exit_with_message
from tagline.core.signals import BY_OURS, Interrupted
from tagline.model.backends import xla

# Seconds that a process waits for the launcher to end it after it has lost another process.
PATIENCE = 10
# Modes of accelerate in which no process has all weights.
SHARDED = (DistributedType.FSDP, DistributedType.DEEPSPEED, DistributedType.MEGATRON_LM)
# How a RuntimeError of PyTorch's gloo backend begins: "[/pytorch/third_party/gloo/gloo/transport/tcp/pair.cc:534] ...".
_FROM_GLOO = re.compile(r"\[[^\]]*\bgloo/[^\]]*:\d+\] ")


def refuse_shards(mode: DistributedType, where: str) -> None:
    """Raise a `UserError` if accelerate would shard weights among the processes; ``where`` asks for this mode."""
    if mode in SHARDED:
        raise UserError(
            f"{where}: {mode.value} shards weights among processes; expected whole weights in each process; choose "
            "multi-GPU without it in `accelerate config`, or launch without it"
        )


def override_configuration() -> None:
    """Override what `accelerate config` says of things that params decide; accelerate reads this variable."""
    os.environ["ACCELERATE_DYNAMO_BACKEND"] = "no"


def device_count() -> int:
    """The number of devices of this host, one process each; 0 for a CPU, and for a TPU, which has its own launcher."""
    if parse_flag_from_env("ACCELERATE_USE_CPU") or xla.available():
        return 0
    return torch.accelerator.device_count()


def join() -> PartialState:
    """Connect to the other processes of the launcher, if there are any.

    Raises:
        UserError: the processes can't find each other or can't work together on the devices of this host, or weights
            would be sharded among them.
    """
    for mode in SHARDED:
        if parse_flag_from_env(variable := f"ACCELERATE_USE_{mode.value}"):  # as `accelerate launch` sets it
            refuse_shards(mode, f"environment variable {variable}")
    size = launchers.size()
    launchers.rank()  # checked
    if size == 1 and launchers.ADDRESS not in os.environ:
        launchers.ignore()
    try:
        state = PartialState(cpu=device_count() == 0)
    except ValueError as error:
        raise UserError(
            f"environment variables: {size} processes can't connect ({error}); expected WORLD_SIZE, RANK, "
            f"{launchers.ADDRESS} and MASTER_PORT, as a launcher sets them; unset WORLD_SIZE to train in one process"
        ) from None
    if state.num_processes < size:
        raise UserError(
            f"a launcher started {size} processes, which can't work together on {state.device.type}; "
            "expected one process; run train without the launcher"
        )
    return state


def agree(text: str) -> bool:
    """Whether all processes pass the same text; all must call it."""
    state = PartialState()
    digests = gather(torch.tensor([list(hashlib.sha256(text.encode()).digest())], device=state.device))
    return bool((digests == digests[0]).all())


def leave() -> None:
    """Disconnect from the other processes, at the end of all work."""
    PartialState().destroy_process_group()


def exit_as_one(main: Callable[[], None]) -> None:
    """Run ``main`` and exit like `exit_with_message`; on each host, only the first process that fails prints a message.

    Args:
        main: what each process runs.
    """
    several = BY_OURS in os.environ
    with suppress(UserError):  # `join` raises it again
        several = several or launchers.several()
    if not several:
        exit_with_message(main)
        return
    try:
        exit_with_message(lambda: _first_to_fail(main))
    except SystemExit as exit_:
        if not exit_.code:
            raise
        if isinstance(exit_.code, str):
            print(exit_.code, file=sys.stderr)
        _exit(exit_.code if isinstance(exit_.code, int) else 1)
    except BaseException:
        traceback.print_exc()
        _exit(1)


def _first_to_fail(main: Callable[[], None]) -> None:
    """Run ``main``; if it fails after another process of this host has failed, exit silently."""
    try:
        try:
            main()
        except Exception as error:
            lost = _lost_another_process(error)
            if lost:
                time.sleep(PATIENCE)
            if not _claimed():
                _exit(1)
            if lost:
                raise UserError(
                    "another process of this run has ended, or its host is unreachable; its own output says why; start "
                    "the run again on all hosts"
                ) from error
            raise
    except KeyboardInterrupt as interrupt:
        # Our launcher reports a signal itself, whether a user sent it or the launcher did after another process failed.
        if BY_OURS in os.environ or not _claimed():
            _exit(interrupt.status if isinstance(interrupt, Interrupted) else 130)
        raise


def _lost_another_process(error: Exception) -> bool:
    """Whether communication failed, which means that another process has ended."""
    return isinstance(error, DistError) or (type(error) is RuntimeError and bool(_FROM_GLOO.match(str(error))))


def _claimed() -> bool:
    """Whether this process is the first of its host to ask, so that it prints the message."""
    try:
        store = TCPStore(
            os.environ["MASTER_ADDR"],
            int(os.environ["MASTER_PORT"]),
            is_master=False,
            wait_for_workers=False,
            timeout=timedelta(seconds=PATIENCE),
        )
        return store.add(f"tagline: failed on {launchers.host()}", 1) == 1
    except (KeyError, ValueError, DistError):
        # There is no store: the processes have not met yet, or the first one, which holds it, has ended.
        return PartialState().is_local_main_process if xla.available() else launchers.first_of_host()


def _exit(status: int) -> None:
    """Exit at once: a device may still wait for data that the other processes will never send."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
