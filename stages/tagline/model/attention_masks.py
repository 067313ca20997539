"""Attention masks, built without reading a value back from the device.

A forward pass gets a padding mask (rows, sub-words). From it transformers builds the mask of the attention function, or
none if there is no padding, since kernels are faster without. To find out, it reads the padding mask, and so the host
waits in each forward pass until the device has finished all earlier work. But the host has padded the batch itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, partial
from typing import Any

import torch
from torch import Tensor
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS, AttentionMaskInterface

# The shape of the padding mask, and whether a mask is needed.
_KNOWN: ContextVar[tuple[torch.Size, bool] | None] = ContextVar("known", default=None)


@contextmanager
def known_padding(mask: Tensor, padded: bool) -> Iterator[None]:
    """Say whether a padding mask masks anything, so that forward passes in this block do not read it.

    Args:
        mask: (rows, sub-words), on the device.
        padded: whether there is padding. XLA devices get an attention mask in any case, or they would compile two
            graphs for each shape.
    """
    _register()
    token = _KNOWN.set((mask.shape, padded or mask.device.type == "xla"))
    try:
        yield
    finally:
        _KNOWN.reset(token)


@cache  # once per process
def _register() -> None:
    for name, build in [*ALL_MASK_ATTENTION_FUNCTIONS.items()]:
        AttentionMaskInterface.register(name, partial(_build, build))


def _build(
    build: Callable[..., Any],
    *args: Any,
    attention_mask: Tensor | None = None,
    allow_is_causal_skip: bool = True,
    allow_is_bidirectional_skip: bool = False,
    **kwargs: Any,
) -> Any:
    """Build a mask by a function of transformers, which may return None only after reading the padding mask."""
    # Compiled graphs must not depend on values: when tracing them, transformers reads nothing.
    known = None if torch.compiler.is_compiling() else _KNOWN.get()
    # Some models pad a batch further to a multiple of their own, for example of Longformer's attention window.
    if attention_mask is not None and known is not None and attention_mask.shape == known[0]:
        if known[1]:
            allow_is_causal_skip = allow_is_bidirectional_skip = False
        else:
            attention_mask = None
    return build(
        *args,
        attention_mask=attention_mask,
        allow_is_causal_skip=allow_is_causal_skip,
        allow_is_bidirectional_skip=allow_is_bidirectional_skip,
        **kwargs,
    )
