"""XLA devices (TPUs), which compile a graph for each shape of tensors: what accelerate does not do."""

from contextlib import AbstractContextManager
from pathlib import Path

import torch
from accelerate.utils import is_torch_xla_available
from safetensors.torch import load_file
from torch import Tensor, nn


def available() -> bool:
    """Whether this process computes on XLA devices."""
    return bool(is_torch_xla_available())


def end_graph() -> None:
    """Run what an XLA device has queued as one graph.

    Else a graph grows until one of its values is read, and hardly any two are equal.
    """
    import torch_xla  # a separate package, installed on hosts with a TPU only

    torch_xla.sync()


def static_shape(device: torch.device, rows: int, longest: int) -> tuple[int, int]:
    """The ``count`` and ``multiple`` of `tagline.model.batches.pad` that keep the number of shapes small.

    Compiling a shape takes seconds, so an XLA device gets powers of two: 5 rows of 20 sub-words become 8 rows of 32.
    """
    if device.type != "xla":
        return rows, 1
    return 1 << (rows - 1).bit_length(), 1 << (longest - 1).bit_length()


def without_gradients(device: torch.device) -> AbstractContextManager[None]:
    """PyTorch's inference mode, or no_grad on XLA devices, which lack it."""
    return torch.no_grad() if device.type == "xla" else torch.inference_mode()


def from_xla(tensor: Tensor) -> Tensor:
    """Copy a tensor from an XLA device to the CPU; return other tensors as they are."""
    return tensor.cpu() if tensor.device.type == "xla" else tensor


def load_weights(model: nn.Module, path: Path) -> None:
    """Load a safetensors file into a model; safetensors' own function fails on XLA devices.

    Raises:
        RuntimeError: the weights are not those of the model.
    """
    weights = load_file(path)
    state = model.state_dict(keep_vars=True)
    # Of a weight that has several names in the model, the file holds one.
    read = {id(state[name]): weight for name, weight in weights.items() if name in state}
    for name, weight in state.items():
        if id(weight) in read:
            weights[name] = read[id(weight)]
    model.load_state_dict(weights)
