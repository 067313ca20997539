"""Failing as one: one process of each host prints the error that ends the run, and all exit with its status."""

import logging
import os
import re
import signal
import subprocess
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from contextlib import suppress

from torch.distributed import DistError
from torch.distributed.elastic.multiprocessing import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.elastic.rendezvous import RendezvousError

from tagline.core import launchers
from tagline.terminal import Interrupted, UserError, exit_with_message
from tagline.terminal.signals import BY_OURS

# Seconds that a process waits before it prints an error that the first one may have, too: a launcher that sees the
# first one fail ends the others.
PATIENCE = 5
# How a RuntimeError of PyTorch's gloo backend begins: "[/pytorch/third_party/gloo/gloo/transport/tcp/pair.cc:534] ...".
_FROM_GLOO = re.compile(r"\[[^\]]*\bgloo/[^\]]*:\d+\] ")


def exit_as_one(main: Callable[[], None]) -> None:
    """Run ``main`` and exit like `exit_with_message`; an error of all is printed once per host."""
    several = BY_OURS in os.environ
    with suppress(UserError):  # `join` raises it again
        several = several or launchers.several()
    if not several:
        exit_with_message(main)
        return
    try:
        exit_with_message(lambda: _after_the_first(main))
    except SystemExit as exit_:
        if not exit_.code:
            raise
        if isinstance(exit_.code, str):
            print(exit_.code, file=sys.stderr)
        _exit(exit_.code if isinstance(exit_.code, int) else 1)
    except BaseException:
        traceback.print_exc()
        _exit(1)


def _after_the_first(main: Callable[[], None]) -> None:
    try:
        try:
            main()
        except Exception as error:
            lost = isinstance(error, DistError) or (type(error) is RuntimeError and _FROM_GLOO.match(str(error)))
            if lost or not launchers.first_of_host():
                time.sleep(PATIENCE)
            if lost:
                raise UserError(
                    "another process of this run has ended, or its host is unreachable; its own output says why; start "
                    "the run again on all hosts"
                ) from error
            raise
    except KeyboardInterrupt as interrupt:
        # Our launcher reports a signal itself, whether a user sent it or the launcher did after another process failed.
        if BY_OURS in os.environ or not launchers.first_of_host():
            _exit(getattr(interrupt, "status", 130))
        raise


def _exit(status: int) -> None:
    """Exit at once: a device may still wait for data that the other processes will never send."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def exit_like(launcher: Callable[[], None]) -> None:
    """Run a launcher, which passes signals on, in this process and exit as its processes do.

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
        codes = [failure.exitcode for failure in error.failures.values()]
        # The launcher ends the processes that have not failed, which count as failed too.
        sys.exit(_status([code for code in codes if code != -signal.SIGTERM] or codes))
    except subprocess.CalledProcessError as error:
        sys.exit(_status([error.returncode]))
    except SignalException as error:
        raise Interrupted(error.sigval) from None
    except (DistError, RendezvousError) as error:
        reason = str(error).partition("\n")[0].rstrip(".")  # PyTorch may add a traceback of its C++ code
        raise UserError(
            f"the hosts of this run can't connect ({reason}); expected each host's own index, and the first host's "
            "address and a free port there; correct them with `accelerate config`"
        ) from None
    sys.exit(0)


def _status(codes: list[int]) -> int:
    code = codes[0]
    if code >= 0:
        return code
    hint = "; the host may be out of memory" if code == -signal.SIGKILL else ""
    raise UserError(f"a process of this run was killed by {signal.Signals(-code).name}{hint}")
