"""Signals: an interrupted stage ends soon, in one line, never with status 0, and not later than DVC.

Ctrl-C or SIGTERM while libraries are imported -> the system ends the process
first Ctrl-C or SIGTERM -> `Interrupted` in the main thread, `exit_with_message` prints a line, status 130 or 143
a second one -> ignored, as the first is being handled
first one in `defer_signals` (outputs are renamed) -> held until the block ends; a second one is raised at once
the exception is lost in a destructor, or a library call takes long -> status 130 or 143 after `GRACE` seconds, or at
the end of the block if that comes first
DVC, or our launcher, is killed -> SIGTERM to this process, as above

An interruption needs no clean-up: outputs and checkpoints are renamed once they are complete.
"""

import _thread
import os
import select
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)
# Seconds from a signal to the end of the process in any case: an exception that is raised in a destructor is lost, and
# a library call may take long.
GRACE = 10
# After so many times `GRACE` the system ends the process, if a library keeps Python from doing so.
BACKSTOP = 6
# DVC sets it for the commands that it runs.
BY_DVC = "DVC_STAGE"
# Set for processes that end with the launcher that started them.
BY_OURS = "TAGLINE_LAUNCHED"


class Interrupted(KeyboardInterrupt):
    """A signal asked the process to end. A library's ``except Exception`` does not catch it.

    Attributes:
        status: as a shell reports it, 128 plus the number of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(f"ended by {signal.Signals(number).name}" if number != signal.SIGINT else "interrupted")
        self.status = 128 + number


def default_sigint() -> None:
    """Restore the system's reaction to Ctrl-C, before the libraries are imported, which takes seconds.

    Until `raise_on_signals`, signals end the process without a traceback. On Linux a process that DVC or our own
    launcher started also ends with it; a killed DVC would leave its stages running.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    # Under any other parent the process may outlive it: nohup and disown ask for that.
    if (BY_DVC in os.environ or BY_OURS in os.environ) and hasattr(os, "pidfd_open"):
        with suppress(OSError):  # one of them has ended already, or the system hides them
            watched = [os.pidfd_open(process) for process in _up_to_dvc()]
            threading.Thread(target=_end_with, args=(watched,), daemon=True).start()


def _up_to_dvc() -> Iterator[int]:
    """The parent of this process, its parent, and so on up to DVC."""
    process = os.getppid()
    yield process
    # DVC itself is the first that runs without the variable.
    while f"\0{BY_DVC}=".encode() in b"\0" + Path(f"/proc/{process}/environ").read_bytes():
        process = int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
        yield process


def _end_with(watched: list[int]) -> None:
    select.select(watched, [], [])
    os.kill(os.getpid(), signal.SIGTERM)


@contextmanager
def raise_on_signals() -> Iterator[None]:
    """Raise `Interrupted` in the block at the first SIGINT or SIGTERM, or else at its end; ignore further ones."""
    received: list[int] = []

    def interrupt(number: int, _: FrameType | None) -> None:
        received.append(number)
        _interrupt(number)

    # A signal that was ignored before, as in background jobs, stays ignored.
    before = {number: signal.getsignal(number) for number in SIGNALS}
    handled = [number for number, handler in before.items() if handler is not signal.SIG_IGN]
    for number in handled:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number in handled:
            signal.signal(number, before[number])
    if received:  # the exception was lost
        raise Interrupted(received[0])


@contextmanager
def defer_signals() -> Iterator[None]:
    """Defer the first signal to the end of the block; a second one takes effect at once."""
    if threading.current_thread() is not threading.main_thread():  # signals interrupt the main thread only
        yield
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}
    handled = [number for number, handler in before.items() if callable(handler)]
    held: list[int] = []

    def restore() -> None:
        while handled:
            number = handled.pop()
            signal.signal(number, before[number])

    def hold(number: int, _: FrameType | None) -> None:
        if held:
            restore()
            signal.raise_signal(number)
        held.append(number)

    for number in handled:
        signal.signal(number, hold)
    try:
        yield
    finally:
        restore()
    if held:
        signal.raise_signal(held[0])


def _interrupt(number: int) -> None:
    for further in SIGNALS:
        signal.signal(further, signal.SIG_IGN)
    # Not threading.Thread: its start takes locks that the interrupted code may hold.
    _thread.start_new_thread(_end_after_grace, (128 + number,))
    if hasattr(signal, "alarm"):  # not on Windows
        signal.alarm(BACKSTOP * GRACE)
    raise Interrupted(number)


def _end_after_grace(status: int) -> None:
    time.sleep(GRACE)
    os._exit(status)
