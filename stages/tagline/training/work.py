"""Work folder: where a stage keeps what it has done so far, until it is done.

``.work/STAGE/FINGERPRINT``, or ``$TAGLINE_WORK/STAGE/FINGERPRINT``: on storage that several hosts reach, one of them
goes on where another was stopped.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

from accelerate import PartialState
from filelock import FileLock, Timeout

from tagline.core.errors import UserError
from tagline.core.locks import locked

WORK, VARIABLE = ".work", "TAGLINE_WORK"
# So many unfinished runs beside this one stay: whoever takes back a change goes on where that run was stopped.
KEPT = 2


@contextmanager
def work_folder(stage: str, fingerprint: str) -> Iterator[Path]:
    """Give the folder of a run. It goes when the block ends well, and stays after an exception or a kill.

    All processes of a run enter it together; one of them locks and removes.

    Raises:
        UserError: another run is at the same work, or this process does not see the folder that the first one made.
    """
    shared = os.environ.get(VARIABLE)
    place = Path(shared or WORK, stage)
    folder = place / fingerprint
    state = PartialState()
    with locked(_lock(folder), folder) if state.is_main_process else nullcontext():
        if state.is_main_process:
            folder.mkdir(exist_ok=True)
            if not shared:  # there, others' runs may lie
                _remove_old(place, folder)
        state.wait_for_everyone()
        if not folder.is_dir():
            raise UserError(
                f"{folder} is not the same on all hosts of this run: {VARIABLE} must name a folder that they share"
            )
        yield folder
        state.wait_for_everyone()
        if state.is_main_process:
            _remove(folder)
    for empty in (place,) if shared else (place, place.parent):  # a folder of the user's stays
        with suppress(OSError):
            empty.rmdir()


def _lock(folder: Path) -> Path:
    return folder.with_suffix(".lock")


def _remove(folder: Path) -> None:
    # By another name first: a kill must not leave a part of it to go on from.
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    folder.rename(partial)
    shutil.rmtree(partial)


def _remove_old(place: Path, ours: Path) -> None:
    for partial in place.glob(".*.partial"):
        shutil.rmtree(partial, ignore_errors=True)
    others = [path for path in place.iterdir() if path.is_dir() and path != ours]
    for path in sorted(others, key=lambda path: path.stat().st_mtime)[:-KEPT]:
        with suppress(Timeout), FileLock(_lock(path), timeout=0):
            _remove(path)
            _lock(path).unlink()
