"""Losses of training steps: summed over a global batch, and read without making the device wait."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from tagline.labels.alignment import IGNORED

T = TypeVar("T")


def summed(logits: Tensor, labels: Tensor, label_smoothing: float) -> Tensor:
    """The sum of the cross entropies of all labelled sub-words, a float32 scalar.

    A sum, since a batch may be computed in parts: the mean of their means is not the mean of the batch.

    Args:
        logits: (rows, sub-words, labels).
        labels: int64 (rows, sub-words), `IGNORED` for sub-words without a label.
        label_smoothing: probability mass of each target that is distributed over all labels (Szegedy et al., 2016).
    """
    return cross_entropy(
        logits.flatten(0, 1).float(),
        labels.flatten(),
        ignore_index=IGNORED,
        reduction="sum",
        label_smoothing=label_smoothing,
    )


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
