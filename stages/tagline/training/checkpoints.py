"""Checkpoints: folders that an interrupted run continues from, each of them complete or absent.

step-STEP       the files of the run, and hashes.json: the SHA-256 of each file, to detect damage

A checkpoint is written beside its path, flushed to disk and renamed. The newest two are kept, so that a run can fall
back to the older one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import torch
from accelerate import PartialState
from accelerate.utils import broadcast
from safetensors import SafetensorError

from tagline.core.errors import UserError, show
from tagline.core.outputs import use_umask
from tagline.core.provenance import HASHES, read_hashes, sha256, write_hashes

KEPT = 2
# Digits of the step in a name, zeros included, so that names sort like steps.
DIGITS = 9
# Parts of the messages of PyTorch's writer, which do not give the cause; the last if only a file's end does not fit.
PYTORCH_WRITER = ("inline_container", "StreamWriter", "iostream error")


class CheckpointError(Exception):
    """A checkpoint could not be written, the message says why; earlier checkpoints are intact."""


class Checkpoints:
    """The checkpoints of a run; the main process writes them.

    Args:
        folder: their parent folder; without one that all hosts share, only the main process can read them.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.state = folder, PartialState()

    def newest(self) -> Path | None:
        """The newest intact checkpoint, or None; damaged ones are reported and removed. Call it in all processes."""
        step = self._step_of_newest() if self.state.is_main_process else 0
        newest = int(broadcast(torch.tensor([step], device=self.state.device)).item())
        return self._path(newest) if newest else None

    def _step_of_newest(self) -> int:
        for partial in self.folder.glob(".step-*.partial"):
            shutil.rmtree(partial)
        paths = self._all()
        while paths:
            path = paths.pop()
            if not (reason := damage(path)):
                return int(path.name.rpartition("-")[2])
            fallback = f"falling back to {paths[-1].name}" if paths else "training from the start"
            show(f"{path} is damaged ({reason}); {fallback}")
            shutil.rmtree(path)
        return 0

    def write(self, step: int, write_files: Callable[[Path], None]) -> None:
        """Write a checkpoint, in the main process alone, in any of its threads.

        Args:
            step: the number of steps done, from 1.
            write_files: writes the files into a folder.

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
        for old in self._all()[:-KEPT]:
            shutil.rmtree(old, ignore_errors=True)

    def _all(self) -> list[Path]:
        # Not a copy that a user made beside them (step-STEP.bak).
        return sorted(self.folder.glob("step-" + "[0-9]" * DIGITS))

    def _path(self, step: int) -> Path:
        return self.folder / f"step-{step:0{DIGITS}}"


def completed(folder: Path) -> bool:
    """Whether an interrupted run has completed a folder that is intact; a damaged one is reported and removed.

    Call it in all processes; the main process looks.

    Args:
        folder: with hashes.json.
    """
    state = PartialState()
    intact = state.is_main_process and folder.exists()
    if intact and (reason := damage(folder)):
        show(f"{folder} is damaged ({reason}); computing it again")
        shutil.rmtree(folder)
        intact = False
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
    """Write the hashes, flush all files to disk, and rename the folder."""
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
    """Flush a file, or the names in a folder, to disk: they survive a power failure then."""
    if path.is_dir() and os.name == "nt":  # Windows opens no folders
        return
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _reason(error: Exception) -> str:
    """Why a file could not be written, in a few words; raises any other kind of error again."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    if isinstance(error, SafetensorError):
        return str(error).rpartition("I/O error: ")[2]
    if any(name in str(error) for name in PYTORCH_WRITER):  # which does not say why
        return "a file is incomplete, as on a full disk"
    raise error
