"""Precision: the number format of matrix products, if the host supports it."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Literal, cast

import torch

from tagline.core.errors import UserError

Precision = Literal["auto", "fp32", "bf16", "fp16"]
"""The values in params.yaml. auto: bf16 if the host has instructions for it, else fp32."""
Resolved = Literal["fp32", "bf16", "fp16"]
_DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}


def resolve(precision: Precision, device: torch.device, key: str) -> Resolved:
    """Resolve ``auto``, and check that the device supports the precision.

    Args:
        precision: the value of the param.
        device: the device that computes.
        key: name of the param, for the message.

    Raises:
        UserError: the device does not support it.
    """
    offered = available(device)
    if precision == "auto":
        return "bf16" if "bf16" in offered else "fp32"
    if precision not in offered:
        raise UserError(
            f"{key}: {precision} is not supported on this host's {device.type}; expected {', '.join(offered)} or auto"
        )
    return precision


def available(device: torch.device) -> tuple[Resolved, ...]:
    """The precisions for which a device has instructions; others would be emulated, slowly."""
    match device.type:
        case "cpu":
            # bf16 by AVX-512 or AMX. fp16 has no fast path, and not the range that training needs.
            return ("fp32", "bf16") if torch.cpu._is_avx512_bf16_supported() else ("fp32",)
        case "cuda":
            return (
                ("fp32", "bf16", "fp16")
                if torch.cuda.is_bf16_supported(including_emulation=False)
                else ("fp32", "fp16")
            )
        case "xla":
            return ("fp32", "bf16")
        case _:
            return ("fp32", "fp16")


def autocast(device: torch.device, precision: Resolved) -> AbstractContextManager[None]:
    """Compute matrix products in the precision, everything else (sums, norms, softmax) in fp32; weights stay fp32."""
    if precision == "fp32":
        return nullcontext()
    return cast(
        AbstractContextManager[None],
        torch.autocast(device.type, dtype=_DTYPES[precision]),
    )


def cast_linear_layers(model: torch.nn.Module, precision: Resolved) -> None:
    """Convert the weights of linear layers to the precision, for a model that is not trained further.

    `autocast` would convert them in every forward pass; the results are the same.
    """
    if precision != "fp32":
        for module in model.modules():
            if isinstance(module, torch.nn.Linear):
                module.to(_DTYPES[precision])
