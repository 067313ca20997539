"""The work folder of a training run: what survives an interruption.

best/                weights of the best epoch
step-STEP/           a checkpoint, see `tagline.training.work`:
    state.json       losses and scores so far, state of the schedule, precisions used so far
    best/            the weights of the best epoch up to that step, links to the same files
    ...              in accelerate's layout: weights, optimizer, fp16 scaler; no pickled objects
"""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator, PartialState, utils
from safetensors import SafetensorError
from torch.optim.lr_scheduler import LambdaLR
from transformers import PreTrainedModel

from tagline.core import reading, write_json
from tagline.core.outputs import use_umask
from tagline.model.backends.xla import from_xla, load_weights
from tagline.model.classifier import arrays, attached, own_weights
from tagline.model.fast_paths import restore_full_embeddings
from tagline.model.heads.head import OWN_WEIGHTS, write_head
from tagline.model.precision import Resolved
from tagline.terminal import UserError
from tagline.training.history import History
from tagline.training.work import VARIABLE, WORK, CheckpointError, Checkpoints, seen_by_all

STATE = "state.json"
# The content of each file of a checkpoint that `Accelerator.load_state` reads, by its name.
Content = dict[str, Any]


class SavedRun:
    """Saves a run, and restores one that was interrupted.

    Raises:
        UserError: there is a checkpoint, and not all hosts see it.

    Attributes:
        precisions: in order of first use; several if different hosts continued the run.
    """

    def __init__(self, work: Path, history: History, precision: Resolved) -> None:
        self.best = work / "best"
        self.checkpoints = Checkpoints(work)
        self.history = history
        self.precisions = [precision]
        shared = seen_by_all(work)
        self._newest = self.checkpoints.newest()
        if self._newest is not None:
            if not shared:
                raise UserError(
                    f"{work} is not the same folder on all hosts of this run; to continue after {self._newest.name}, "
                    f"expected one that they share; set {VARIABLE} to such a folder on all hosts, and move the content "
                    f"of the first host's {WORK} there"
                )
            state = json.loads((self._newest / STATE).read_text(encoding="utf-8"))
            self.history = History(**state["history"])
            self.precisions = list(dict.fromkeys([*state["precisions"], precision]))
            self._state_of_schedule = state["schedule"]
        if PartialState().is_main_process:
            # An epoch after the checkpoint may have written other weights.
            shutil.rmtree(self.best, ignore_errors=True)
            if self._newest is not None and (self._newest / "best").is_dir():
                _link_files(self._newest / "best", self.best)
        PartialState().wait_for_everyone()

    def restore(self, accelerator: Accelerator, schedule: LambdaLR) -> bool:
        """Load weights, optimizer and schedule from the newest checkpoint; return whether there is one.

        Raises:
            UserError: the checkpoint is of other library versions.
        """
        self._accelerator = accelerator
        self._schedule = schedule
        accelerator.register_load_state_pre_hook(partial(_load_by_plain_names, accelerator))
        if self._newest is None:
            return False
        with reading(self._newest, remedy="remove that folder to train from the start"):  # other library versions
            accelerator.load_state(str(self._newest))
            schedule.load_state_dict(self._state_of_schedule)
        return True

    def save_best(self, model: torch.nn.Module) -> None:
        if PartialState().is_main_process and self.best.exists():
            shutil.rmtree(self.best)  # and never written into: checkpoints link to its files
        self.save_model(model, self.best)

    def save_model(self, model: torch.nn.Module, folder: Path) -> None:
        """Write a prepared model, with a file of head weights; call it in all processes.

        Raises:
            UserError: the weights can't be written.
        """
        if not self._accelerator.is_main_process:
            return
        unwrapped: PreTrainedModel = self._accelerator.unwrap_model(model)
        try:
            weights = unwrapped.state_dict()
            restore_full_embeddings(unwrapped, weights)
            # safetensors reads the memory of CPUs and GPUs only. The head has a file of its own.
            encoder = {
                name: from_xla(value) for name, value in weights.items() if not name.startswith(f"{OWN_WEIGHTS}.")
            }
            unwrapped.save_pretrained(folder, state_dict=encoder)
            head = attached(unwrapped)
            if head is not None:
                write_head(folder, head.head, arrays(own_weights(unwrapped)))
            use_umask(folder)
        except (SafetensorError, OSError) as error:
            raise UserError(f"{folder}: the weights can't be written: {error}") from None

    def save(self, model: torch.nn.Module, report: Callable[[str], None]) -> None:
        """Write a checkpoint in the main process.

        Args:
            report: prints why a checkpoint could not be written.
        """
        if not self._accelerator.is_main_process:
            return
        content = _content(self._accelerator, model, self._schedule.optimizer)
        state = {
            "precisions": self.precisions,
            "history": asdict(self.history),
            "schedule": self._schedule.state_dict(),
        }

        def write_files(folder: Path) -> None:
            for name, of_file in content.items():
                utils.save(of_file, folder / name, safe_serialization=name == utils.SAFE_WEIGHTS_NAME)
            if self.best.is_dir():
                _link_files(self.best, folder / "best")
            write_json(folder / STATE, state)

        step = self.history.steps
        try:
            self.checkpoints.write(step, write_files)
        except CheckpointError as error:
            report(f"no checkpoint at step {step} ({error}); training continues, earlier checkpoints are intact")


def _content(accelerator: Accelerator, model: torch.nn.Module, optimizer: torch.optim.Optimizer) -> Content:
    weights = {name: from_xla(value) for name, value in model.state_dict().items()}
    content = {
        # Of a weight that has several names, the file gets one; on XLA devices, all weights look like one.
        utils.SAFE_WEIGHTS_NAME: utils.clean_state_dict_for_safetensors(weights),
        f"{utils.OPTIMIZER_NAME}.bin": optimizer.state_dict(),
    }
    if accelerator.scaler is not None:
        content[utils.SCALER_NAME] = accelerator.scaler.state_dict()
    return content


def _link_files(source: Path, target: Path) -> None:
    """Link, or else copy, the files of a folder into a new one."""
    target.mkdir()
    for file in source.iterdir():
        try:
            os.link(file, target / file.name)
        except OSError:
            shutil.copyfile(file, target / file.name)


def _load_by_plain_names(accelerator: Accelerator, models: list[torch.nn.Module], folder: str) -> None:
    """Have `Accelerator.load_state` load weights without the name prefix of a wrapper (DDP).

    So a run of several processes can continue as one, and the other way round.
    """
    models[:] = [accelerator.unwrap_model(model) for model in models]
    if accelerator.distributed_type == utils.DistributedType.XLA:
        load_weights(models.pop(), Path(folder) / utils.SAFE_WEIGHTS_NAME)  # accelerate loads those left in the list
