"""`torch.compile` of the forward pass and its gradients (`train.compile`)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import cast

import torch
from torch import nn

from tagline.core.errors import UserError


def compile_forward(model: nn.Module, device: torch.device) -> None:
    """Have a model's calls compiled; its weights keep their names.

    One graph serves batches of all shapes; it is compiled with the first batch.

    Raises:
        UserError: the device compiles by itself.
    """
    if device.type == "xla":
        raise UserError("train.compile: XLA compiles models itself; expected false on XLA devices; set it to false")
    from torch._inductor import config as inductor  # takes seconds to import

    if hasattr(inductor, "deterministic"):  # not in older versions of PyTorch
        inductor.deterministic = True  # otherwise measurements select the kernels, in each run others
    model.compile(dynamic=True)


def eager() -> AbstractContextManager[None]:
    """Run compiled models as they are in this block, for validation: evaluate does not compile either."""
    return cast(AbstractContextManager[None], torch.compiler.set_stance("force_eager"))


@contextmanager
def compiler_errors() -> Iterator[None]:
    """Raise a `UserError` if PyTorch can't compile a model in this block."""
    from torch._dynamo.exc import TorchDynamoException  # takes seconds to import

    try:
        yield
    except TorchDynamoException as error:
        reason = " ".join(str(error).split("\n\n")[0].split())
        raise UserError(
            f"train.compile: PyTorch can't compile this model on this host ({reason}); expected a C++ compiler for a "
            "CPU, Triton for a GPU, and a model that torch.compile supports; set it to false"
        ) from error
