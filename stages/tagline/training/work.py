"""Work folder: the progress of a stage until it has finished, and its checkpoints, each complete or absent.

``.work/STAGE/FINGERPRINT``, or ``$TAGLINE_WORK/STAGE/FINGERPRINT``; step-STEP in it is a checkpoint, written beside
its path, flushed to disk and renamed; then the one before is removed.
"""

import hashlib
import json
import os
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from accelerate.utils import broadcast, gather
from filelock import FileLock, Timeout
from safetensors import SafetensorError

from tagline.core import HASHES, read_hashes, sha256, write_hashes
from tagline.core.outputs import locked, use_umask
from tagline.terminal import UserError, show

WORK = ".work"
# Environment variable: the work folder, in place of the clone's own.
VARIABLE = "TAGLINE_WORK"
# Where DVC copies a clone for an experiment (`--temp`, `--queue`); it removes the copy after Ctrl-C.
_COPIES = "/.dvc/tmp/exps/"
# The number of other unfinished runs that are kept: a user who reverts a change continues the run of before.
KEPT = 2
# Digits of the step in a name, zeros included, so that names sort like steps.
DIGITS = 9
# Parts of the messages of PyTorch's writer, which do not give the cause; the last if only a file's end does not fit.
PYTORCH_WRITER = ("inline_container", "StreamWriter", "iostream error")


def fingerprint(params: Mapping[str, Any], script: Path, inputs: Mapping[str, Mapping[str, str]]) -> str:
    """The first 16 hexadecimal digits of a SHA-256; hosts and library versions are not part of it.

    Args:
        script: the stage's file; loaded modules of the package count too.
        inputs: the SHA-256 of each file of each input folder.
    """
    code = {"": sha256(script)}
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "tagline" and module.__file__:
            code[name] = sha256(Path(module.__file__))
    parts = {"params": params, "code": code, "inputs": inputs}
    return hashlib.sha256(json.dumps(parts, sort_keys=True, allow_nan=False).encode()).hexdigest()[:16]


@contextmanager
def work_folder(stage: str, run: str) -> Iterator[Path]:
    """Yield the folder of a run; it is removed when the block ends, and stays after an exception or a kill.

    All processes of a run enter the block together; the main process makes, locks and removes the folder.

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


def _of_clone() -> Path:
    """The work folder of this clone; a copy for an experiment uses the clone's own."""
    clone, copied, _ = Path.cwd().as_posix().partition(_COPIES)
    if copied:
        return Path(clone, WORK)
    return Path(WORK)


def seen_by_all(folder: Path) -> bool:
    """Whether all processes see the folder of the main process; all must call it.

    A folder of the same name on another disk does not count.
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


class CheckpointError(Exception):
    """A checkpoint could not be written; earlier checkpoints are intact."""


class Checkpoints:
    """The checkpoints of a run; the main process writes them.

    Args:
        folder: if not all hosts share it, only the main process can read them.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = PartialState()

    def newest(self) -> Path | None:
        """The newest intact checkpoint; damaged ones are reported and removed. Call it in all processes."""
        step = self._step_of_newest() if self.state.is_main_process else 0
        newest = int(broadcast(torch.tensor([step], device=self.state.device)).item())
        if newest == 0:
            return None
        return self._path(newest)

    def _step_of_newest(self) -> int:
        for partial in self.folder.glob(".step-*.partial"):
            shutil.rmtree(partial)
        for path in reversed(self._all()):
            reason = damage(path)
            if not reason:
                return int(path.name.rpartition("-")[2])
            show(f"{path} is damaged ({reason}) and removed")
            shutil.rmtree(path)
        return 0

    def write(self, step: int, write_files: Callable[[Path], None]) -> None:
        """Write a checkpoint, in the main process alone.

        Args:
            step: the number of steps done, from 1.

        Raises:
            CheckpointError: the files could not be written, for example to a full disk.
        """
        path = self._path(step)
        partial = path.with_name(f".{path.name}.partial")
        try:
            partial.mkdir(parents=True)
            write_files(partial)
            _complete(partial, path)
        except (OSError, SafetensorError, RuntimeError) as error:
            raise CheckpointError(_reason(error)) from error
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        for old in self._all()[:-1]:
            shutil.rmtree(old, ignore_errors=True)

    def _all(self) -> list[Path]:
        # Not a copy that a user made beside them (step-STEP.bak).
        return sorted(self.folder.glob("step-" + "[0-9]" * DIGITS))

    def _path(self, step: int) -> Path:
        return self.folder / f"step-{step:0{DIGITS}}"


def completed(folder: Path) -> bool:
    """Whether an interrupted run has completed a folder; a damaged one is reported and removed.

    Call it in all processes; the main process looks.
    """
    state = PartialState()
    intact = False
    if state.is_main_process and folder.exists():
        reason = damage(folder)
        intact = not reason
        if reason:
            show(f"{folder} is damaged ({reason}); computing it again")
            shutil.rmtree(folder)
    return bool(broadcast(torch.tensor([intact], device=state.device)).item())


def damage(path: Path) -> str:
    """How a folder differs from its hashes.json; an empty text if it is intact."""
    try:
        expected = read_hashes(path, made_by="")
    except UserError:
        return f"{HASHES} can't be read"
    for name, digest in expected.items():
        if not (path / name).is_file() or sha256(path / name) != digest:
            return f"{name} changed since it was written"
    return ""


def _complete(partial: Path, path: Path) -> None:
    write_hashes(partial)
    use_umask(partial)
    for written in partial.rglob("*"):
        _sync(written)
    _sync(partial)
    if path.exists():
        shutil.rmtree(path)
    partial.rename(path)
    _sync(path.parent)


def _sync(path: Path) -> None:
    """Flush a file, or the names in a folder, to disk, to survive a power failure."""
    if path.is_dir() and os.name == "nt":  # Windows opens no folders
        return
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _reason(error: Exception) -> str:
    """Why a file could not be written; raises other errors again."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    if isinstance(error, SafetensorError):
        return str(error).rpartition("I/O error: ")[2]
    if any(name in str(error) for name in PYTORCH_WRITER):  # which does not say why
        return "a file is incomplete, as on a full disk"
    raise error
