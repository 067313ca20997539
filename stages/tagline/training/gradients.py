"""Gradients of a global batch, however it is shared among processes and parts."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from torch import Tensor, nn

from tagline.labels.arrays import Ints
from tagline.labels.windows import Windows
from tagline.model.attention_masks import known_padding
from tagline.model.backends.torch_model import to_device
from tagline.model.backends.xla import end_graph
from tagline.model.heads.head import Head
from tagline.model.heads.head_weights import tensors
from tagline.training.train_params import Train
from tagline.training.training_batches import Part, TrainingBatches, padded_part, share


class Gradients:
    """Adds the gradients of batches to those of a model.

    The loss of a batch is the sum over its labelled sub-words divided by their number in the whole batch. So sharing
    it among processes, or computing it in parts that fit a device, changes rounding and dropout only.

    Args:
        rows: the windows to train on.
        batches: their padded lengths.
        head: computes the loss.
        params: the section ``train``.
        padding: sub-word id of the padding.
    """

    def __init__(self, rows: Windows, batches: TrainingBatches, head: Head, params: Train, padding: int) -> None:
        self.rows, self.batches, self.head, self.params, self.padding = rows, batches, head, params, padding

    def parts(self, accelerator: Accelerator, batch: Ints) -> list[Part]:
        """Pad this process's share of a batch, in parts that fit the device.

        Args:
            accelerator: the one that prepared the model.
            batch: int64, the indices of its windows, those of all processes.
        """
        rank, processes = accelerator.process_index, accelerator.num_processes
        static = accelerator.device.type == "xla"
        # torch.compile would make a graph of its own for a single row.
        fewest = 2 if self.params.compile else 1
        return [
            padded_part(
                self.rows, rows, self.padding, self.batches.multiple, self._rows(rows, processes) if static else fewest
            )
            for rows in share(batch, self.batches.padded, processes, self.params.subwords_per_device)[rank]
        ]

    def add(
        self, accelerator: Accelerator, model: nn.Module, number: int, batch: Ints, parts: Sequence[Part]
    ) -> Tensor:
        """Compute this process's share of a batch.

        Args:
            accelerator: the one that prepared the model.
            model: in training mode.
            number: number of the step, from 1.
            batch: int64, the indices of its windows, those of all processes.
            parts: what `parts` returned for the batch.

        Returns:
            The loss of the whole batch, the same in all processes; float32 scalar on the device.
        """
        rank, processes = accelerator.process_index, accelerator.num_processes
        # Dropout depends on seed, step and process only, not on earlier steps or on what an engine draws.
        entropy = np.random.SeedSequence([self.params.seed, number, rank])
        _seed(accelerator.device, int(entropy.generate_state(1)[0]))
        labelled = max(1, int(self.rows.labelled[batch].sum()))
        total = torch.zeros((), device=accelerator.device)
        for left, part in zip(reversed(range(len(parts))), parts, strict=True):
            # Processes exchange gradients once per step, with the last part.
            with accelerator.no_sync(model) if left else nullcontext():
                loss = self._sum(model, part, accelerator) / labelled
                # That exchange averages gradients, but the loss is a sum over processes.
                accelerator.backward(loss * processes)
            total += loss.detach()
            end_graph(accelerator.device)
        return accelerator.reduce(total, "sum") if processes > 1 else total

    def _sum(self, model: nn.Module, part: Part, accelerator: Accelerator) -> Tensor:
        ids, mask, labels = to_device(part.arrays, accelerator.device)
        own = tensors(accelerator.unwrap_model(model))
        with known_padding(mask, part.padded):
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
