"""Work folder: the progress of a stage until the stage has finished.

``.work/STAGE/FINGERPRINT``, or ``$TAGLINE_WORK/STAGE/FINGERPRINT``: if several hosts share that storage, one of them
continues the interrupted run of another. If several hosts train together, the first one writes it; the other hosts
read it only to continue a run.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from accelerate.utils import broadcast, gather
from filelock import FileLock, Timeout

from tagline.core.outputs import locked
from tagline.core.provenance import sha256

WORK, VARIABLE = ".work", "TAGLINE_WORK"
# Where DVC copies a clone for an experiment (`--temp`, `--queue`); it removes the copy after Ctrl-C.
_COPIES = "/.dvc/tmp/exps/"
# The number of other unfinished runs that are kept: a user who reverts a change continues the run of before.
KEPT = 2


def fingerprint(params: Mapping[str, Any], script: Path, inputs: Mapping[str, Mapping[str, str]]) -> str:
    """The first 16 hexadecimal digits of a SHA-256; hosts and library versions are not part of it.

    Args:
        params: those that change the result, as plain values.
        script: the stage's file; the modules of the package that are loaded so far count too.
        inputs: the SHA-256 of each file of each input folder.
    """
    code = {
        name: sha256(Path(module.__file__))
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] == "tagline" and module.__file__
    }
    parts = {"params": params, "code": code | {"": sha256(script)}, "inputs": inputs}
    return hashlib.sha256(json.dumps(parts, sort_keys=True, allow_nan=False).encode()).hexdigest()[:16]


@contextmanager
def work_folder(stage: str, run: str) -> Iterator[Path]:
    """Yield the folder of a run; it is removed when the block ends, and stays after an exception or a kill.

    All processes of a run enter the block together; the main process makes, locks and removes the folder.

    Args:
        stage: name of the stage.
        run: name of the run, its `fingerprint`.

    Raises:
        UserError: another process works on the same run.
    """
    shared = os.environ.get(VARIABLE)
    parent = Path(shared or _of_clone(), stage)
    folder = parent / run
    state = PartialState()
    with locked(_lock(folder), folder) if state.is_main_process else nullcontext():
        if state.is_main_process:
            folder.mkdir(exist_ok=True)
            if not shared:  # a shared folder may hold runs of others
                _remove_old(parent, folder)
        state.wait_for_everyone()
        yield folder
        state.wait_for_everyone()
        if state.is_main_process:
            _remove(folder)
    for empty in (parent,) if shared else (parent, parent.parent):  # the user's own folder stays
        with suppress(OSError):
            empty.rmdir()


def _of_clone() -> Path:
    """The work folder of this clone, or in a copy for an experiment that of the clone, where the next one finds it."""
    clone, copied, _ = Path.cwd().as_posix().partition(_COPIES)
    return Path(clone, WORK) if copied else Path(WORK)


def seen_by_all(folder: Path) -> bool:
    """Whether all processes see the folder of the main process; all must call it.

    A folder of the same name on a host's own disk does not count.
    """
    state = PartialState()
    if state.num_processes == 1:
        return True
    number = int(broadcast(torch.tensor([secrets.randbits(31)], device=state.device)).item())
    marker = folder / f".{number}.partial"
    if state.is_main_process:
        marker.touch()
    state.wait_for_everyone()
    seen = gather(torch.tensor([marker.exists()], device=state.device))
    if state.is_main_process:
        marker.unlink()
    return bool(seen.all())


def _lock(folder: Path) -> Path:
    return folder.with_suffix(".lock")


def _remove(folder: Path) -> None:
    # Renamed first: after a kill, no run must continue from a part of it.
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    folder.rename(partial)
    shutil.rmtree(partial, ignore_errors=True)  # another run may be removing it too, see `_remove_old`


def _remove_old(parent: Path, current: Path) -> None:
    for partial in parent.glob(".*.partial"):
        shutil.rmtree(partial, ignore_errors=True)
    others = [path for path in parent.iterdir() if path.is_dir() and path != current]
    for path in sorted(others, key=_changed)[:-KEPT]:
        # Of another process, or on Windows, where release() removes the file.
        with suppress(Timeout, PermissionError), FileLock(_lock(path), timeout=0):
            if path.is_dir():  # its run may have ended since
                _remove(path)
            _lock(path).unlink()


def _changed(path: Path) -> float:
    with suppress(FileNotFoundError):  # its run has just ended
        return path.stat().st_mtime
    return 0.0
