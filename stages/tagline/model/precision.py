"""Precision: the number format of matrix products, as far as the host computes in it."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Literal, cast

import torch

from tagline.core.errors import UserError

Precision = Literal["auto", "fp32", "bf16", "fp16"]
"""What params.yaml may name. auto: bf16 where the host has instructions for it, else fp32."""
Resolved = Literal["fp32", "bf16", "fp16"]
_DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}


def resolve(precision: Precision, device: torch.device, key: str) -> Resolved:
    """The precision to compute in.

    Args:
        precision: what was asked for.
        device: where it will be computed.
        key: the parameter that asked, for the message.

    Raises:
        UserError: the host lacks it.
    """
    offered = available(device)
    if precision == "auto":
        return "bf16" if "bf16" in offered else "fp32"
    if precision not in offered:
        raise UserError(
            f"{key} is {precision}, in which this host's {device.type} does not compute: "
            f"use {', '.join(offered)} or auto"
        )
    return precision


def available(device: torch.device) -> tuple[Resolved, ...]:
    """The precisions for which a device has instructions of its own; in others it would emulate them, slowly."""
    match device.type:
        case "cpu":
            # bf16 by AVX-512 or AMX. fp16 has neither a fast path nor the range that training needs there.
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
    """Compute matrix products in the precision and the rest (sums, norms, softmax) in fp32; weights stay fp32."""
    if precision == "fp32":
        return nullcontext()
    return cast(
        AbstractContextManager[None],
        torch.autocast(device.type, dtype=_DTYPES[precision]),
    )


def cast_linear_layers(model: torch.nn.Module, precision: Resolved) -> None:
    """Keep the weights of linear layers in the precision, for a model that is not trained any more.

    `autocast` casts them to it in every forward pass; this does so once, and the results are the same.
    """
    if precision != "fp32":
        for module in model.modules():
            if isinstance(module, torch.nn.Linear):
                module.to(_DTYPES[precision])
