"""A snapshot of a run: what its steps change, written as the files that `Accelerator.load_state` reads.

Random states are not part of it, since each step seeds its own, see `tagline.training.gradients`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import torch
from accelerate import Accelerator
from accelerate.utils import (
    OPTIMIZER_NAME,
    SAFE_WEIGHTS_NAME,
    SCALER_NAME,
    clean_state_dict_for_safetensors,
    recursively_apply,
    save,
)
from torch import nn

# The content of each file, by its name.
Snapshot = dict[str, Any]


def take(accelerator: Accelerator, model: nn.Module, optimizer: torch.optim.Optimizer) -> Snapshot:
    """The weights, the optimizer's state and the fp16 scaler; their tensors are those in training, not copies."""
    scaler = accelerator.scaler
    return {
        SAFE_WEIGHTS_NAME: clean_state_dict_for_safetensors(model.state_dict()),
        f"{OPTIMIZER_NAME}.bin": optimizer.state_dict(),
        **({} if scaler is None else {SCALER_NAME: scaler.state_dict()}),
    }


def copy_to_host(snapshot: Snapshot) -> Snapshot:
    """Copy the tensors to the memory of the host, so that training can change the originals."""
    # From a GPU to pinned memory, without waiting for each.
    copied = recursively_apply(lambda tensor: tensor.to("cpu", non_blocking=True, copy=True), snapshot)
    if torch.accelerator.is_available():
        torch.accelerator.synchronize()
    return cast(Snapshot, copied)


def write(snapshot: Snapshot, folder: Path) -> None:
    """Write the files into a folder; call it in the main process, in any thread."""
    for name, content in snapshot.items():
        save(content, folder / name, safe_serialization=name == SAFE_WEIGHTS_NAME)
