"""XLA: what its devices (TPUs) need beside what accelerate does for them. They compile graphs, one for each shape."""

from __future__ import annotations

import torch
from torch import Tensor


def cut(device: torch.device) -> None:
    """Let an XLA device compute what it was told so far, as a graph that ends here; nothing on others.

    Without it a graph goes on until a number of it is read, so that hardly any two are alike.
    """
    if device.type == "xla":
        import torch_xla  # another release of PyTorch's; no other host has it

        torch_xla.sync()


def readable(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same weights, where safetensors can read their memory."""
    return {name: tensor.cpu() if tensor.device.type == "xla" else tensor for name, tensor in weights.items()}
