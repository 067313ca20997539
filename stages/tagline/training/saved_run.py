"""Saved run: what of a training run outlasts an interruption, in its work folder.

best/                weights of the best epoch
step-STEP/           a checkpoint, as in `tagline.training.checkpoints`:
    state.json       losses and scores so far, the place in the schedule, the precisions in which it was computed
    best/            as of that step
    ...              accelerate's: weights, optimizer, the scaler of fp16, random states; none of it a pickle of objects

The place in the batches is the number of steps; their order and dropout follow from it and the seed.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

from accelerate import Accelerator, PartialState
from safetensors import SafetensorError
from torch import nn
from torch.optim.lr_scheduler import LambdaLR
from transformers import PreTrainedModel

from tagline.core.errors import UserError
from tagline.core.outputs import write_json
from tagline.model.precision import Resolved
from tagline.training.checkpoints import Checkpoints
from tagline.training.learning import Learning
from tagline.training.processes import SHARDED
from tagline.training.xla import readable

STATE = "state.json"


class SavedRun:
    """Takes up a run where it was left.

    Args:
        work: its folder, kept until the run is over.
        learning: of a run that begins.
        precision: what will be computed in.

    Attributes:
        learning: how far the run has come.
        precisions: what it was computed in, by first use; several where hosts took turns that differ.
        best: the folder for the weights of the best epoch.
    """

    def __init__(self, work: Path, learning: Learning, precision: Resolved) -> None:
        self.best, self.checkpoints = work / "best", Checkpoints(work)
        self.learning, self.precisions = learning, [precision]
        self._newest = self.checkpoints.newest()
        if self._newest is not None:
            state = self._state(self._newest)
            self.learning = Learning(**state["learning"])
            self.precisions = list(dict.fromkeys([*state["precisions"], precision]))
        if PartialState().is_main_process:
            # An epoch after the checkpoint may have written its own.
            shutil.rmtree(self.best, ignore_errors=True)
            if self._newest is not None and (self._newest / "best").is_dir():
                _copy(self._newest / "best", self.best)
        PartialState().wait_for_everyone()

    def restore(self, accelerator: Accelerator, schedule: LambdaLR) -> bool:
        """Put weights, optimizer and schedule in the state of the newest checkpoint.

        Args:
            accelerator: that prepared model and optimizer.
            schedule: of that optimizer, not prepared.

        Returns:
            Whether there was one.

        Raises:
            UserError: the run was spread over devices in a way that does not fit this one, or the checkpoint is not ours.
        """
        self._accelerator, self._schedule = accelerator, schedule
        _use_plain_names(accelerator)
        if self._newest is None:
            return False
        state = self._state(self._newest)
        if state["layout"] != _layout(accelerator):
            raise UserError(
                f"the run that {self._newest.parent} holds is kept {state['layout']}, this one would be "
                f"{_layout(accelerator)}: start it as before, or remove that folder to train anew"
            )
        try:
            accelerator.load_state(str(self._newest))
        except UnpicklingError:  # PyTorch loads tensors and plain values only
            raise UserError(f"{self._newest} holds more than tensors, which no run wrote: remove it") from None
        schedule.load_state_dict(state["schedule"])
        return True

    def save_best(self, model: nn.Module) -> None:
        """Keep the model's weights as those of the best epoch; as `save_model`."""
        self.save_model(model, self.best)

    def save_model(self, model: nn.Module, folder: Path) -> None:
        """Write weights and configuration; to be called on all processes.

        Raises:
            UserError: they can't be written.
        """
        weights = self._accelerator.get_state_dict(model)  # of all processes, where each has a part
        if not self._accelerator.is_main_process:
            return
        unwrapped: PreTrainedModel = self._accelerator.unwrap_model(model)
        try:
            unwrapped.save_pretrained(folder, state_dict=readable(weights))
        except SafetensorError as error:
            raise UserError(f"weights can't be written to {folder}: {error}") from None

    def save(self) -> None:
        """Write a checkpoint; to be called on all processes.

        Raises:
            CheckpointError: the disk is full, or the like.
        """
        self.checkpoints.write(self.learning.steps, self._fill)

    def _fill(self, folder: Path) -> None:
        self._accelerator.save_state(str(folder))
        if self._accelerator.is_main_process:
            if self.best.is_dir():
                # No link: what damages one would damage both.
                _copy(self.best, folder / "best")
            write_json(
                folder / STATE,
                {
                    "layout": _layout(self._accelerator),
                    "precisions": self.precisions,
                    "learning": asdict(self.learning),
                    "schedule": self._schedule.state_dict(),
                },
            )

    @staticmethod
    def _state(checkpoint: Path) -> dict[str, Any]:
        state: dict[str, Any] = json.loads((checkpoint / STATE).read_text(encoding="utf-8"))
        return state


def _copy(source: Path, target: Path) -> None:
    target.mkdir()
    for file in source.iterdir():
        shutil.copyfile(file, target / file.name)


def _layout(accelerator: Accelerator) -> str:
    kind = accelerator.distributed_type
    return f"in pieces ({kind.value}, {accelerator.num_processes} processes)" if kind in SHARDED else "whole"


def _use_plain_names(accelerator: Accelerator) -> None:
    """Have weights saved and loaded by the model's own names, which a wrapper (DDP) prefixes: others may go on then."""

    def save(models: list[nn.Module], weights: list[dict[str, Any]], _folder: str) -> None:
        if weights:  # not in pieces
            weights[:] = [accelerator.get_state_dict(model) for model in models]

    def load(models: list[nn.Module], _folder: str) -> None:
        models[:] = [accelerator.unwrap_model(model) for model in models]

    accelerator.register_save_state_pre_hook(save)
    accelerator.register_load_state_pre_hook(load)
