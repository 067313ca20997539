"""File locks: one process at a time writes an output; the system releases the lock of a killed process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tagline.core.errors import UserError
from tagline.core.terminal import printable

# Seconds to wait for the process that holds a lock. An interrupted one ends within a third of that.
PATIENCE = 30


@contextmanager
def locked(path: Path, target: Path) -> Iterator[None]:
    """Hold a lock during the block.

    Args:
        path: the lock file; it is removed afterwards, unless the process is killed.
        target: what the lock protects, for messages.

    Raises:
        UserError: another process still holds the lock after `PATIENCE` seconds, or no file can be created there.
    """
    from filelock import FileLock, Timeout  # here, since inference writes nothing and starts sooner without it

    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    try:
        path.touch()  # where no file can be made, such as /proc, filelock only waits
        lock.acquire(timeout=0)
    except Timeout:
        print(f"{printable(str(target))}: another run is writing it; waiting up to {PATIENCE} s", flush=True)
        try:
            lock.acquire(timeout=PATIENCE)
        except Timeout:
            raise UserError(
                f"{target}: another run is still writing it; wait until that run ends, or stop it, and start again"
            ) from None
    except OSError as error:
        raise UserError(f"{target}: not written ({error.strerror}); expected a folder for new files") from None
    try:
        yield
    finally:
        # Before the release: a waiting process notices that the file is gone, and creates a new one; after it, that
        # process might hold it already. Windows removes no file that is held: there release() does it.
        with suppress(OSError):
            path.unlink()
        lock.release()
