"""Checkpoints: folders from which an interrupted run goes on, each of them whole or not there.

step-STEP       what the run wrote, and manifest.json: the SHA-256 of every file, by which a damaged one is known

One is written beside, put through to the disk and renamed. The newest two are kept, so that there is one to fall back
to.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import torch
from accelerate import PartialState
from accelerate.utils import broadcast, gather
from safetensors import SafetensorError

from tagline.core.outputs import write_json
from tagline.core.provenance import hashes

MANIFEST = "manifest.json"
KEPT = 2
# Of the step in a name: zeros before it make the order of the names that of the steps.
DIGITS = 9


class CheckpointError(Exception):
    """A checkpoint could not be written; the message says why. Those before it are as they were."""


class Checkpoints:
    """The checkpoints of a run. All of its processes call the methods together; the main one does what is common.

    Args:
        folder: where they lie, seen by all processes.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.state = folder, PartialState()

    def newest(self) -> Path | None:
        """The newest one that is whole, None where there is none. Damaged ones are told and removed."""
        step = self._step_of_newest() if self.state.is_main_process else 0
        found = int(broadcast(torch.tensor([step], device=self.state.device)).item())
        return self._path(found) if found else None

    def _step_of_newest(self) -> int:
        for partial in self.folder.glob(".step-*.partial"):
            shutil.rmtree(partial)
        paths = self._all()
        while paths:
            path = paths.pop()
            if not (fault := damage(path)):
                return int(path.name.rpartition("-")[2])
            print(
                f"{path} is damaged ({fault}): " + (f"falling back to {paths[-1].name}" if paths else "starting anew")
            )
            shutil.rmtree(path)
        return 0

    def write(self, step: int, fill: Callable[[Path], None]) -> None:
        """Write one.

        Args:
            step: how far the run is, from 1.
            fill: writes its files into a folder, each process its own.

        Raises:
            CheckpointError: the disk is full, or the like, for one of the processes.
        """
        path = self._path(step)
        partial = path.with_name(f".{path.name}.partial")
        try:
            self._together(lambda: self._on_main(lambda: partial.mkdir(parents=True)))
            self._together(lambda: fill(partial))
            self._together(lambda: self._on_main(lambda: _put_in_place(partial, path)))
        finally:
            self._on_main(lambda: shutil.rmtree(partial, ignore_errors=True))
        self._on_main(self._remove_old)

    def _remove_old(self) -> None:
        for old in self._all()[:-KEPT]:
            shutil.rmtree(old, ignore_errors=True)

    def _all(self) -> list[Path]:
        # Not a copy that somebody made beside them (step-STEP.bak).
        return sorted(self.folder.glob("step-" + "[0-9]" * DIGITS))

    def _path(self, step: int) -> Path:
        return self.folder / f"step-{step:0{DIGITS}}"

    def _on_main(self, action: Callable[[], None]) -> None:
        if self.state.is_main_process:
            action()

    def _together(self, action: Callable[[], None]) -> None:
        """Do something on all processes, and raise on all of them where it fails on one."""
        reason = ""
        try:
            action()
        except (OSError, SafetensorError, RuntimeError) as error:
            reason = _reason(error)
        failed = gather(torch.tensor([bool(reason)], device=self.state.device))
        if failed.any():
            raise CheckpointError(reason or "another process could not write its part")


def damage(path: Path) -> str:
    """What is wrong with a checkpoint; an empty text when it is as it was written."""
    try:
        expected = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        found = hashes(path)
        wrong = sorted(name for name, digest in expected.items() if found.get(name) != digest)
    except (OSError, ValueError, AttributeError):
        return f"its {MANIFEST} can't be read"
    return f"{wrong[0]} is not what was written" if wrong else ""


def _put_in_place(partial: Path, path: Path) -> None:
    """Seal what was written by its hashes, have it reach the disk, and give it its name."""
    write_json(partial / MANIFEST, hashes(partial))
    for written in partial.rglob("*"):
        _sync(written)
    _sync(partial)
    if path.exists():
        shutil.rmtree(path)
    partial.rename(path)
    _sync(path.parent)


def _sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, would outlast a power failure."""
    if path.is_dir() and os.name == "nt":  # Windows opens no folders
        return
    number = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _reason(error: Exception) -> str:
    """Why a file could not be written, in a few words; raises what is no such error."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    if isinstance(error, SafetensorError):
        return str(error).rpartition("I/O error: ")[2]
    if "inline_container" in str(error) or "StreamWriter" in str(error):  # PyTorch's writer keeps the reason to itself
        return "a file was cut short, as on a full disk"
    raise error
