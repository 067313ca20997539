"""Losses of training steps: computed over a global batch, and read without making the device wait."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from tagline.labels.alignment import IGNORED

T = TypeVar("T")


def summed(logits: Tensor, labels: Tensor, label_smoothing: float) -> Tensor:
    """The sum of the cross entropies of all labelled sub-words, in float32.

    A sum, since only the whole batch knows how many there are: the mean of parts' means is not the mean of all.

    Args:
        logits: (rows, sub-words, labels).
        labels: int64 (rows, sub-words), `IGNORED` where there is none.
        label_smoothing: the share of each target that is spread over all labels (Szegedy et al., 2016).
    """
    return cross_entropy(
        logits.flatten(0, 1).float(),
        labels.flatten(),
        ignore_index=IGNORED,
        reduction="sum",
        label_smoothing=label_smoothing,
    )


class LossReader(Generic[T]):
    """Hands out the losses of steps in their order, on an accelerator one step late.

    Reading a number off a device waits for all that was queued before it. One step later it has long arrived, and
    meanwhile the device has the next step to do.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._waiting: list[tuple[T, Tensor, torch.cuda.Event | None]] = []

    def push(self, step: T, loss: Tensor) -> Iterator[tuple[T, float]]:
        """Take the loss of a step, a tensor of no dimension, and give those that can be read by now."""
        event = None
        if self.device.type == "cuda":
            loss = loss.to("cpu", non_blocking=True)
            event = torch.cuda.Event()
            event.record()
        self._waiting.append((step, loss, event))
        return self._read(0 if self.device.type == "cpu" else 1)

    def flush(self) -> Iterator[tuple[T, float]]:
        """Give all that are left."""
        return self._read(0)

    def _read(self, leave: int) -> Iterator[tuple[T, float]]:
        while len(self._waiting) > leave:
            step, loss, event = self._waiting.pop(0)
            if event is not None:
                event.synchronize()
            yield step, loss.item()
