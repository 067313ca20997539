"""Failing as one: a run of several processes ends with one message on each host.

| what happens | who prints | exit status |
|---|---|---|
| an error in a process | the first process of its host that asks, see `_claimed` | 1 |
| the same error in others, or a lost connection after it | nobody else of that host | 1 |
| a connection is lost, since a process of another host has ended | the first of this host that asks | 1 |
| a process is killed | our launcher, or the user's | 1 |
| SIGINT or SIGTERM, our launcher | the launcher | 128 + the number of the signal |
| SIGINT or SIGTERM, the user's launcher | the first process of the host that asks | 128 + the number of the signal |

Our launcher (`tagline.training.processes`) exits like the process that failed first; it ends the others.
"""

import logging
import os
import re
import signal
import subprocess
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta

from accelerate import PartialState
from torch.distributed import DistError, TCPStore  # type: ignore[attr-defined]
from torch.distributed.elastic.multiprocessing import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.elastic.rendezvous import RendezvousError

from tagline.core import launchers
from tagline.model.backends import xla
from tagline.terminal import Interrupted, UserError, exit_with_message
from tagline.terminal.signals import BY_OURS

# Seconds that a process waits for the launcher to end it after it has lost another process.
PATIENCE = 10
# torchrun's environment variables for several hosts; Kubernetes' training operator sets them, a Slurm job can.
INDEX = "PET_NODE_RANK"
ADDRESS = "PET_MASTER_ADDR"
PORT = "PET_MASTER_PORT"
# How a RuntimeError of PyTorch's gloo backend begins: "[/pytorch/third_party/gloo/gloo/transport/tcp/pair.cc:534] ...".
_FROM_GLOO = re.compile(r"\[[^\]]*\bgloo/[^\]]*:\d+\] ")


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
            _exit(getattr(interrupt, "status", 130))
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


def exit_like(launcher: Callable[[], None]) -> None:
    """Run a launcher in this process and exit as its processes do; it passes signals on to them.

    Raises:
        UserError: a signal killed a process, which printed no message; or the hosts can't connect.
        Interrupted: a signal ended the run.
    """
    os.environ[BY_OURS] = "1"
    # The processes report their errors themselves; what they could not report is one message below.
    logging.disable()
    warnings.simplefilter("ignore")
    try:
        launcher()
    except ChildFailedError as error:
        sys.exit(_status({number: failure.exitcode for number, failure in error.failures.items()}))
    except subprocess.CalledProcessError as error:
        sys.exit(_status({0: error.returncode}))
    except SignalException as error:
        raise Interrupted(error.sigval) from None
    except (DistError, RendezvousError) as error:
        reason = str(error).partition("\n")[0].rstrip(".")  # PyTorch may add a traceback of its C++ code
        raise UserError(
            f"the hosts of this run can't connect ({reason}); expected the first host's address and a free port there "
            f"in {ADDRESS} and {PORT}, and each host's own index in {INDEX}, or all three in accelerate's configuration"
        ) from None
    sys.exit(0)


def _status(codes: Mapping[int, int]) -> int:
    """The exit status of the process that failed first; the launcher ends the others, and they count as failed too.

    Args:
        codes: the exit codes of the processes by their index, the first to fail first; negative: number of a signal.

    Raises:
        UserError: a signal killed it, so that it printed no message.
    """
    ended_by_launcher = (-signal.SIGTERM, 128 + signal.SIGTERM)
    failed = {number: code for number, code in codes.items() if code not in ended_by_launcher}
    for code in failed.values():
        if code > 0:
            return code
    number, code = next(iter((failed or codes).items()))
    killer = signal.Signals(-code if code < 0 else code - 128)
    if killer is signal.SIGKILL:
        raise UserError(f"process {number} was killed by SIGKILL; the host may be out of memory") from None
    raise UserError(f"process {number} was killed by {killer.name}") from None
