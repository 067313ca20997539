"""XLA devices (TPUs): what they need beyond what accelerate does. They compile a graph for each shape of tensors."""

from contextlib import AbstractContextManager
from pathlib import Path

import torch
from accelerate.utils import is_torch_xla_available
from safetensors.torch import load_file
from torch import Tensor, nn


def available() -> bool:
    """Whether this process computes on XLA devices, which torch_xla provides."""
    return bool(is_torch_xla_available())


def end_graph() -> None:
    """Run what an XLA device has queued as one graph.

    Otherwise a graph grows until one of its values is read, and hardly any two graphs are equal.
    """
    import torch_xla  # a separate package, installed on hosts with a TPU only

    torch_xla.sync()


def static_shape(device: torch.device, rows: int, longest: int) -> tuple[int, int]:
    """The arguments ``count`` and ``multiple`` of `tagline.model.batches.pad` that keep the number of shapes small.

    Compiling a shape takes seconds, so an XLA device gets powers of two: 5 rows of 20 sub-words become 8 rows of 32.
    Other devices get the batch as it is.
    """
    if device.type != "xla":
        return rows, 1
    return 1 << (rows - 1).bit_length(), 1 << (longest - 1).bit_length()


def without_gradients(device: torch.device) -> AbstractContextManager[None]:
    """PyTorch's inference mode, or on XLA devices, which lack it, no_grad."""
    return torch.no_grad() if device.type == "xla" else torch.inference_mode()


def from_xla(tensor: Tensor) -> Tensor:
    """Copy a tensor from an XLA device to the CPU; a tensor on another device is returned as it is."""
    return tensor.cpu() if tensor.device.type == "xla" else tensor


def load_weights(model: nn.Module, path: Path) -> None:
    """Load a file of safetensors into a model; their own function fails for models on XLA devices.

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
