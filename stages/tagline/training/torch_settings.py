"""Settings of PyTorch: fast paths of the CPU, deterministic algorithms, `torch.compile` (`train.compile`)."""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import cast

import torch
from transformers import set_seed

from tagline.terminal import UserError

# Parameters of glibc's mallopt, from its malloc.h.
_TRIM_THRESHOLD = -1
_MMAP_MAX = -4


def enable_cpu_fast_paths() -> None:
    """Enable PyTorch's optional CPU optimisations; call it before the first tensor is created."""
    # Linux then backs tensors by huge pages: a step takes 5 % less time.
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
    # The CPU has no kernel for attention with dropout. For half-precision matrices PyTorch would compute in single
    # precision, in twice the time; softmax accumulates in single precision either way.
    torch.backends.cuda.allow_fp16_bf16_reduction_math_sdp(True)
    _keep_freed_memory()


def _keep_freed_memory() -> None:
    """Let glibc keep what is freed: steps take about 8 % less processor time, the same peak.

    By default the gradients and other large blocks go back to the system, which clears each page of them again when the
    next step needs as much.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:  # other C libraries lack it
        mallopt(_TRIM_THRESHOLD, -1)  # never return the end of the heap
        mallopt(_MMAP_MAX, 0)  # no block outside the heap


def be_deterministic(seed: int) -> None:
    """Seed all generators and select deterministic algorithms: the same seed and kind of host give the same weights."""
    # cuBLAS reads it when its first handle is created; without it PyTorch refuses deterministic mode on CUDA.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    os.environ.setdefault("FLASH_ATTENTION_DETERMINISTIC", "1")  # transformers passes it on to both packages
    set_seed(seed, deterministic=True)
    # By default PyTorch then fills each new tensor, to reveal reads of uninitialised memory: 5 % of a step.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]


def compile_forward(model: torch.nn.Module, device: torch.device) -> None:
    """Have a model's calls compiled; its weights keep their names.

    One graph serves batches of all shapes; it is compiled with the first batch.

    Raises:
        UserError: the device compiles by itself.
    """
    if device.type == "xla":
        raise UserError("train.compile: XLA compiles models itself; expected false on XLA devices; set it to false")
    from torch._inductor import config as inductor  # takes seconds to import

    if hasattr(inductor, "deterministic"):  # not in older versions of PyTorch
        inductor.deterministic = True  # otherwise kernels are chosen by timing, which differs between runs
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
        first_paragraph = str(error).partition("\n\n")[0]
        reason = " ".join(first_paragraph.split())
        raise UserError(
            f"train.compile: PyTorch can't compile this model on this host ({reason}); expected a C++ compiler for a "
            "CPU, Triton for a GPU, and a model that torch.compile supports; set it to false"
        ) from error
