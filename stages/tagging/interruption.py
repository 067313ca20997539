"""Interruption: a stage that is told to end does so at once and in one line, never with status 0, and not after DVC.

What a signal interrupts needs no rescue: outs are renamed into place when they are whole, and so are checkpoints.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)
# Seconds from a signal to the end of the process, whatever it does: an exception that is raised within a destructor is
# lost, and an operation of a library that takes long would have to be waited for.
GRACE = 10
PR_SET_PDEATHSIG = 1


class Interrupted(KeyboardInterrupt):
    """A signal told the process to end. No ``except Exception`` of a library takes it for a failure of its own.

    Attributes:
        status: the exit status that a shell would report, 128 and the number of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(f"ended by {signal.Signals(number).name}" if number != signal.SIGINT else "interrupted")
        self.status = 128 + number


def end_silently() -> None:
    """To be called before the libraries are imported, which takes seconds.

    Until `heeding` signals end the process as they end any other; Python would show where Ctrl-C met it. Where DVC
    started it, it ends with DVC: killed, DVC leaves its stages running, and the next run would meet this one.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    # Of any other parent it is not known whether its end means this one's: nohup and disown say that it does not.
    if "DVC_STAGE" in os.environ and sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM))


@contextmanager
def heeding() -> Iterator[None]:
    """Raise `Interrupted` in the block at the first SIGINT or SIGTERM; more of them change nothing."""
    # One that is ignored since before the process began, as those of background jobs are, stays so.
    before = {number: signal.getsignal(number) for number in SIGNALS}
    heeded = [number for number, handler in before.items() if handler is not signal.SIG_IGN]
    for number in heeded:
        signal.signal(number, _interrupt)
    try:
        yield
    finally:
        for number in heeded:
            signal.signal(number, before[number])


def _interrupt(number: int, _frame: FrameType | None) -> None:
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    if hasattr(signal, "alarm"):  # not on Windows
        signal.alarm(GRACE)
    raise Interrupted(number)
