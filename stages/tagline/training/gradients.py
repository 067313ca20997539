"""Parts of an optimizer step: gradients of a global batch, AdamW (Loshchilov and Hutter, 2019), learning rate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import nullcontext

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR
from transformers import get_scheduler

from tagline.labels.label_list import ANY
from tagline.labels.windows import IGNORED, Ints, Windows
from tagline.model.attention_masks import known_padding
from tagline.model.backends.torch_model import to_device
from tagline.model.backends.xla import end_graph
from tagline.model.heads.head import Head
from tagline.model.heads.head_weights import tensors
from tagline.training.teacher import Teaching
from tagline.training.training_batches import Part, TrainingBatches, padded_part, share

# Devices on which PyTorch updates all weights of a group in one kernel, several times faster than one by one.
FUSED = ("cpu", "cuda", "mps", "xpu")


class Gradients:
    """Adds the gradients of batches to a model's.

    The loss of a batch is the sum over its labelled sub-words, the first of each word if the head scores sequences,
    divided by the number of those in the whole batch whose label is not wholly unknown. So sharing it among processes,
    or computing it in parts that fit a device, changes rounding and dropout only.

    Args:
        rows: the windows to train on.
        batches: their padded lengths.
        head: computes the loss.
        padding: sub-word id of the padding.
        seed: seed of dropout.
        subwords_per_device: most sub-words of a part, padding included; None: no limit.
        fewest: minimum number of rows of a part.
        teaching: a second loss, averaged over the words of the batch; None: there is none.
    """

    def __init__(
        self,
        rows: Windows,
        batches: TrainingBatches,
        head: Head,
        padding: int,
        seed: int,
        subwords_per_device: int | None = None,
        fewest: int = 1,
        teaching: Teaching | None = None,
    ) -> None:
        self.rows, self.batches, self.head, self.padding = rows, batches, head, padding
        self.seed, self.subwords_per_device, self.fewest, self.teaching = seed, subwords_per_device, fewest, teaching
        unknown = head.labels.ids.get(ANY, IGNORED)
        self.labelled = rows.labelled(once_per_word=head.scores_sequences, unknown=unknown)

    def parts(self, accelerator: Accelerator, batch: Ints) -> list[Part]:
        """Pad this process's share of a batch, in parts that fit the device.

        Args:
            accelerator: the one that prepared the model.
            batch: int64, indices of its windows, in all processes.
        """
        rank, processes = accelerator.process_index, accelerator.num_processes
        static = accelerator.device.type == "xla"
        shares = share(batch, self.batches.padded, processes, self.subwords_per_device)[rank]
        parts = [
            padded_part(
                self.rows,
                rows,
                self.padding,
                self.batches.multiple,
                self._rows(rows, processes) if static else self.fewest,
                once_per_word=self.head.scores_sequences,
            )
            for rows in shares
        ]
        if self.teaching is None:
            return parts
        targets = [
            self.teaching.targets(rows, *part.arrays.shape[1:]) for rows, part in zip(shares, parts, strict=True)
        ]
        return [part._replace(targets=of_part) for part, of_part in zip(parts, targets, strict=True)]

    def add(
        self, accelerator: Accelerator, model: nn.Module, number: int, batch: Ints, parts: Sequence[Part]
    ) -> Tensor:
        """Compute this process's share of a batch.

        Args:
            accelerator: the one that prepared the model.
            model: in training mode.
            number: number of the step, from 1.
            batch: int64, indices of its windows, in all processes.
            parts: what `parts` returned for the batch.

        Returns:
            The loss of the whole batch, the same in all processes; float32 scalar on the device.
        """
        rank, processes = accelerator.process_index, accelerator.num_processes
        # Dropout depends on seed, step and process only, not on earlier steps or on what an engine draws.
        entropy = np.random.SeedSequence([self.seed, number, rank])
        _seed(accelerator.device, int(entropy.generate_state(1)[0]))
        labelled = max(1, int(self.labelled[batch].sum()))
        taught = 1 if self.teaching is None else max(1, int(self.teaching.words[batch].sum()))
        total = torch.zeros((), device=accelerator.device)
        for left, part in zip(reversed(range(len(parts))), parts, strict=True):
            # Processes exchange gradients once per step, with the last part.
            with accelerator.no_sync(model) if left else nullcontext():
                loss = self._loss(model, part, accelerator, labelled, taught)
                # That exchange averages gradients, but the loss is a sum over processes.
                accelerator.backward(loss * processes)
            total += loss.detach()
            end_graph(accelerator.device)
        return accelerator.reduce(total, "sum") if processes > 1 else total

    def _loss(self, model: nn.Module, part: Part, accelerator: Accelerator, labelled: int, taught: int) -> Tensor:
        """The share of a part in the loss of a batch with so many labels, and words to learn from teachers."""
        ids, mask, labels = to_device(part.arrays, accelerator.device)
        own = tensors(accelerator.unwrap_model(model))
        with known_padding(mask, part.padded):
            logits = model(input_ids=ids, attention_mask=mask).logits
        loss = self.head.loss(logits, labels, own) / labelled
        if self.teaching is None or part.targets is None:
            return loss
        targets = torch.from_numpy(part.targets).to(accelerator.device)
        return loss + self.teaching.loss(logits, targets) / taught

    def _rows(self, rows: Ints, processes: int) -> int:
        """The most rows that a part of this length can have: padded to them, XLA compiles one shape per length."""
        longest = int(self.batches.padded[rows].max(initial=self.batches.multiple))
        most = -(-self.batches.most_rows(longest) // processes)
        return most if self.subwords_per_device is None else max(1, min(most, self.subwords_per_device // longest))


def groups(model: nn.Module, weight_decay: float, head_learning_rate: float) -> list[dict[str, object]]:
    """The trainable weights in parameter groups: matrices with weight decay, biases and norms without.

    A third group has the head's own weights, if it has any, which need a higher learning rate than pretrained ones.
    """
    decaying: list[nn.Parameter] = []
    no_decay: list[nn.Parameter] = []
    own = tensors(model)
    of_head = set(map(id, own.values()))
    for name, weight in model.named_parameters():
        if weight.requires_grad and id(weight) not in of_head:
            # Weights of norms are vectors; those of linear layers and embeddings are matrices.
            without_decay = weight.ndim < 2 or "bias" in name.rpartition(".")[2]
            (no_decay if without_decay else decaying).append(weight)
    return [
        {"params": decaying, "weight_decay": weight_decay},
        {"params": no_decay, "weight_decay": 0.0},
        *([{"params": [*own.values()], "weight_decay": 0.0, "lr": head_learning_rate}] if own else []),
    ]


def adamw(
    model: nn.Module, device: torch.device, learning_rate: float, weight_decay: float, head_learning_rate: float
) -> torch.optim.AdamW:
    """The optimizer of a model whose weights are on a device, or will be moved to it."""
    of_groups = groups(model, weight_decay, head_learning_rate)
    return torch.optim.AdamW(of_groups, lr=learning_rate, fused=device.type in FUSED or None)


def schedule(optimizer: torch.optim.Optimizer, name: str, warmup: float, steps: int) -> LambdaLR:
    """The learning rate of each step: from zero up during warm-up, then down to zero.

    Args:
        optimizer: its learning rate is the maximum.
        name: how it falls, `linear` or `cosine`.
        warmup: share of the steps in which it rises.
        steps: number of steps of the whole run.
    """
    made: LambdaLR = get_scheduler(name, optimizer, math.ceil(warmup * steps), steps)
    return made


def _seed(device: torch.device, seed: int) -> None:
    if device.type == "cpu":
        # As torch.manual_seed, without seeding the generators of devices that are not in use.
        torch.default_generator.manual_seed(seed)
    else:
        set_seed(seed)
