"""Dropout (Srivastava et al., 2014) on a CPU, where PyTorch draws a number for each value by a slow generator.

Here one draw of 64 bits serves four values, which makes it about five times faster, and a training step a tenth or so.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

# The values of 16 bits; a probability is rounded to a multiple of one part in so many.
LEVELS = 2**16


class Dropout(nn.Dropout):
    """As PyTorch's, on a CPU with draws of its own from PyTorch's generator."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002  # PyTorch's name
        """Zero each value with the probability ``p``, and scale the others so that the mean stays."""
        if input.device.type != "cpu" or not self.training or self.p == 0:
            return super().forward(input)
        dropped = round(self.p * LEVELS)
        if dropped == LEVELS:
            return input * 0.0
        draws = torch.empty(-(-input.numel() // 4), dtype=torch.int64).random_(-(2**63), None)
        draws = draws.view(torch.int16)[: input.numel()].view(input.shape)
        # Written as int16, since conversions from bool are slow.
        kept = torch.ge(draws, dropped - LEVELS // 2, out=torch.empty_like(draws))
        return input * kept.to(input.dtype).mul_(LEVELS / (LEVELS - dropped))


def replace(model: nn.Module) -> None:
    """Have all dropout layers of a model compute so. What attention drops inside of its kernel stays PyTorch's."""
    for module in model.modules():
        if type(module) is nn.Dropout and not module.inplace:
            module.__class__ = Dropout
