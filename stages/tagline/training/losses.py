"""Losses of training steps, read without making the device wait."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

import torch
from torch import Tensor

T = TypeVar("T")


class LossReader(Generic[T]):
    """Returns the losses of steps in order, on an accelerator one step late.

    Reading a value from a device waits for all work that was queued before it. One step later the value has arrived,
    and meanwhile the device computes the next step.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._waiting: list[tuple[T, Tensor, torch.cuda.Event | None]] = []

    def push(self, step: T, loss: Tensor) -> Iterator[tuple[T, float]]:
        """Add the loss of a step, a scalar tensor; yield the losses that can be read by now."""
        event = None
        if self.device.type == "cuda":
            loss = loss.to("cpu", non_blocking=True)
            event = torch.cuda.Event()
            event.record()
        self._waiting.append((step, loss, event))
        return self._read(0 if self.device.type == "cpu" else 1)

    def flush(self) -> Iterator[tuple[T, float]]:
        """Yield all losses that are left."""
        return self._read(0)

    def _read(self, leave: int) -> Iterator[tuple[T, float]]:
        while len(self._waiting) > leave:
            step, loss, event = self._waiting.pop(0)
            if event is not None:
                event.synchronize()
            yield step, loss.item()
