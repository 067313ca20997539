"""Precision: the number format of matrix products, if the host supports it."""

import sys
from collections.abc import Set
from contextlib import AbstractContextManager, nullcontext
from typing import Literal, cast

import torch
from transformers import PreTrainedModel

from tagline.labels import Precision
from tagline.terminal import UserError

Resolved = Literal["fp32", "bf16", "fp16"]
_DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}
# Features of processors with instructions for bf16: x86, ARM.
_BF16 = {"avx512_bf16", "bf16"}


def resolve(precision: Precision, device: torch.device, key: str) -> Resolved:
    """Check a precision, or resolve ``auto``: bf16 if the device is faster in it, otherwise fp32.

    Raises:
        UserError: the device does not support it.
    """
    offered = available(device)
    if precision == "auto":
        fast = "bf16" in offered and (device.type != "cpu" or bf16_is_fast(cpu_features()))
        return "bf16" if fast else "fp32"
    if precision not in offered:
        raise UserError(
            f"{key}: {precision} is not supported on this host's {device.type}; expected {', '.join(offered)} or auto"
        )
    return precision


def usable(model: PreTrainedModel, precision: Resolved) -> Resolved:
    """The precision, or fp32 with a line if the model fails in it, as DeBERTa's first version does in bf16.

    Args:
        model: on the CPU, in evaluation mode.
    """
    if precision == "fp32":
        return precision
    ids = torch.ones((1, 2), dtype=torch.int64)
    try:
        with torch.no_grad(), autocast(ids.device, precision):
            model(input_ids=ids, attention_mask=ids)
    except RuntimeError as error:
        print(f"{type(model).__name__}: computes in fp32, since it fails in {precision} ({error})", file=sys.stderr)
        return "fp32"
    return precision


def resolve_recorded(precision: Precision, device: torch.device) -> Resolved:
    """Resolve an artifact's precision; as ``auto`` if this device does not support it."""
    return resolve(precision if precision in available(device) else "auto", device, "precision")


def available(device: torch.device) -> tuple[Resolved, ...]:
    """The precisions for which a device has instructions; others would be emulated, slowly."""
    match device.type:
        case "cpu":
            # fp16 has no fast path, and not the range that training needs.
            if _BF16 & cpu_features():
                return "fp32", "bf16"
            return ("fp32",)
        case "cuda":
            if torch.cuda.is_bf16_supported(including_emulation=False):
                return "fp32", "bf16", "fp16"
            return "fp32", "fp16"
        case "xla":
            return ("fp32", "bf16")
        case _:
            return ("fp32", "fp16")


def cpu_features() -> Set[str]:
    """The processor's features, by PyTorch's names."""
    if hasattr(torch.cpu, "get_capabilities"):
        return {name for name, value in torch.cpu.get_capabilities().items() if value is True}
    # PyTorch before 2.11 reports only these.
    return {"avx512_bf16"} if torch.cpu._is_avx512_bf16_supported() else set()


def bf16_is_fast(features: Set[str]) -> bool:
    """Whether a processor multiplies matrices faster in bf16 than in fp32.

    A rule, not a measurement, so that hosts of one kind compute the same bytes; `benchmarks/host.py` checks it.
    """
    if "avx512_bf16" in features:
        # Twice the rate of fp32 on AMD (Zen 4 and later; sse4a exists only there) and on Intel's Cooper Lake. Intel's
        # later processors, which have avx512_fp16, have half the rate of fp32 and need AMX, which hypervisors may hide.
        return "amx_bf16" in features or "sse4a" in features or "avx512_fp16" not in features
    # Twice the rate or more on ARM's Neoverse V1, N2 and later (Graviton 3 and 4, Grace, Axion, Cobalt). Without SVE,
    # nothing is known (AmpereOne), or fp32 has a faster unit of its own (Apple).
    return "sve_bf16" in features


def autocast(device: torch.device, precision: Resolved) -> AbstractContextManager[None]:
    """Compute matrix products in the precision, everything else (sums, norms, softmax) in fp32; weights stay fp32."""
    if precision == "fp32":
        return nullcontext()
    return cast(AbstractContextManager[None], torch.autocast(device.type, dtype=_DTYPES[precision]))


def cast_linear_layers(model: torch.nn.Module, precision: Resolved) -> None:
    """Convert the weights of linear layers of a model that is not trained further.

    `autocast` would convert them in every forward pass, with the same results.
    """
    if precision != "fp32":
        for module in model.modules():
            if isinstance(module, torch.nn.Linear):
                module.to(_DTYPES[precision])
