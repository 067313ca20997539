"""Locks: one process at a time writes a place, whatever became of the others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from tagline.core.errors import UserError

# Seconds to wait for the process that holds a lock. One that was told to end does so within a third of it.
PATIENCE = 30


@contextmanager
def locked(path: Path, place: Path) -> Iterator[None]:
    """Hold a lock during the block. The system releases it when its process ends, however that happens.

    Args:
        path: the lock's own file; it is gone afterwards, unless the process was killed.
        place: what it guards, for messages.

    Raises:
        UserError: another process holds it, and still does after `PATIENCE` seconds.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        print(f"another run writes {place}: waiting up to {PATIENCE} s for its end", flush=True)
        try:
            lock.acquire(timeout=PATIENCE)
        except Timeout:
            raise UserError(f"another run still writes {place}: wait for its end, or end it, and start again") from None
    try:
        yield
    finally:
        # While it is held: a process that waits for it sees that its file is gone, and makes a new one.
        path.unlink(missing_ok=True)
        lock.release()
