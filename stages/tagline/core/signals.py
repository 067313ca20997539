"""Interruption: a stage that is told to end does so at once and in one line, never with status 0, and not after DVC.

What a signal interrupts needs no rescue: outs are renamed into place when they are whole, and so are checkpoints.
"""

from __future__ import annotations

import os
import select
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)
# Seconds from a signal to the end of the process, whatever it does: an exception that is raised within a destructor is
# lost, and an operation of a library that takes long would have to be waited for.
GRACE = 10
# DVC sets it for the commands that it runs.
BY_DVC = "DVC_STAGE"
# `tagline.training.own_launcher` sets it for those that it starts.
BY_OURS = "TAGLINE_LAUNCHED"


class Interrupted(KeyboardInterrupt):
    """A signal told the process to end. No ``except Exception`` of a library takes it for a failure of its own.

    Attributes:
        status: the exit status that a shell would report, 128 and the number of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(f"ended by {signal.Signals(number).name}" if number != signal.SIGINT else "interrupted")
        self.status = 128 + number


def default_sigint() -> None:
    """To be called before the libraries are imported, which takes seconds.

    Until `raise_on_signals`, signals end the process as they end any other; Python would show where Ctrl-C met it. On Linux a
    process that DVC started ends with DVC, which leaves its stages running when it is killed, and one of several with
    the one that launched them.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    # Of any other parent it is not known whether its end means this one's: nohup and disown say that it does not.
    if (BY_DVC in os.environ or BY_OURS in os.environ) and hasattr(os, "pidfd_open"):
        with suppress(OSError):  # one of them is gone already, or the system hides them
            watched = [os.pidfd_open(process) for process in _up_to_dvc()]
            threading.Thread(target=_end_with, args=(watched,), daemon=True).start()


def _up_to_dvc() -> Iterator[int]:
    """The process that started this one, the one that started that, and so on: shells, launchers, DVC."""
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


@contextmanager
def defer_signals() -> Iterator[None]:
    """Let a first signal to end wait for the end of the block, which is short; a second one does not wait."""
    if threading.current_thread() is not threading.main_thread():  # no signal interrupts it
        yield
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}
    heeded = [number for number, handler in before.items() if callable(handler)]
    held: list[int] = []

    def restore() -> None:
        while heeded:
            number = heeded.pop()
            signal.signal(number, before[number])

    def hold(number: int, _: FrameType | None) -> None:
        if held:
            restore()
            signal.raise_signal(number)
        held.append(number)

    for number in heeded:
        signal.signal(number, hold)
    try:
        yield
    finally:
        restore()
    if held:
        signal.raise_signal(held[0])


def _interrupt(number: int, _frame: FrameType | None) -> None:
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    if hasattr(signal, "alarm"):  # not on Windows
        signal.alarm(GRACE)
    raise Interrupted(number)
