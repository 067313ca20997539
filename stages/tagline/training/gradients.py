"""Gradients of a global batch, however it is shared among processes and parts."""

from __future__ import annotations

from contextlib import nullcontext

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from torch import Tensor, nn

from tagline.model.backends.xla import end_graph
from tagline.model.heads.head import Head
from tagline.training.head_weights import tensors
from tagline.training.params import Train
from tagline.training.training_batches import Ints, TrainingBatches, share
from tagline.training.training_rows import TrainingRows


class Gradients:
    """Adds the gradients of batches to those of a model.

    The loss of a batch is the sum over its labelled sub-words divided by their number in the whole batch. So sharing
    it among processes, or computing it in parts that fit a device, changes the result by rounding only.

    Args:
        rows: the windows to train on.
        batches: their padded lengths.
        head: computes the loss.
        params: the section ``train``.
        padding: sub-word id of the padding.
    """

    def __init__(self, rows: TrainingRows, batches: TrainingBatches, head: Head, params: Train, padding: int) -> None:
        self.rows, self.batches, self.head, self.params, self.padding = rows, batches, head, params, padding

    def add(self, accelerator: Accelerator, model: nn.Module, number: int, batch: Ints) -> Tensor:
        """Compute this process's share of a batch.

        Args:
            accelerator: the one that prepared the model.
            model: in training mode.
            number: number of the step, from 1.
            batch: int64, the indices of its windows, those of all processes.

        Returns:
            The loss of the whole batch, the same in all processes; float32 scalar on the device.
        """
        rank, processes = accelerator.process_index, accelerator.num_processes
        # Dropout depends on seed, step and process only, not on earlier steps or on what an engine draws.
        entropy = np.random.SeedSequence([self.params.seed, number, rank])
        _seed(accelerator.device, int(entropy.generate_state(1)[0]))
        labelled = max(1, int(self.rows.labelled[batch].sum()))
        parts = share(batch, self.batches.padded, processes, self.params.subwords_per_device)[rank]
        total = torch.zeros((), device=accelerator.device)
        for left, rows in zip(reversed(range(len(parts))), parts, strict=True):
            # Processes exchange gradients once per step, with the last part.
            with accelerator.no_sync(model) if left else nullcontext():
                loss = self._sum(model, rows, accelerator) / labelled
                # That exchange averages gradients, but the loss is a sum over processes.
                accelerator.backward(loss * processes)
            total += loss.detach()
            end_graph(accelerator.device)
        return accelerator.reduce(total, "sum") if processes > 1 else total

    def _sum(self, model: nn.Module, rows: Ints, accelerator: Accelerator) -> Tensor:
        count = self._rows(rows, accelerator.num_processes) if accelerator.device.type == "xla" else 1
        part = self.rows.part(rows, self.padding, self.batches.multiple, count)
        ids, mask, labels = (_to(accelerator.device, array) for array in part)
        own = tensors(accelerator.unwrap_model(model))
        logits = model(input_ids=ids, attention_mask=mask).logits
        return self.head.loss(logits, labels, self.params.label_smoothing, own)

    def _rows(self, rows: Ints, processes: int) -> int:
        """The most rows that a part of this length can have: padded to them, XLA compiles one shape per length."""
        longest = int(self.batches.padded[rows].max(initial=self.batches.multiple))
        most = -(-self.batches.most_rows(longest) // processes)
        return (
            most
            if self.params.subwords_per_device is None
            else max(1, min(most, self.params.subwords_per_device // longest))
        )


def _seed(device: torch.device, seed: int) -> None:
    if device.type == "cpu":
        # As torch.manual_seed, without seeding the generators of devices that are not in use.
        torch.default_generator.manual_seed(seed)
    else:
        set_seed(seed)


def _to(device: torch.device, array: Ints) -> Tensor:
    tensor = torch.from_numpy(array)
    if device.type == "cuda":
        # Pinned memory is copied while the device computes.
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)
