"""An optimizer step: the gradients of a global batch, and the weights and learning rates that AdamW takes.

A batch is shared among processes, and a process computes its share in parts that fit its device.
"""

import math
from contextlib import nullcontext
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR
from transformers import get_scheduler

from tagline.labels.label_list import ANY
from tagline.labels.windows import IGNORED, AnyInts, Floats, Ints, Windows, continues
from tagline.model.backends.xla import end_graph
from tagline.model.batches import longest_first, pad
from tagline.model.classifier import own_weights
from tagline.model.fast_paths import known_padding, to_device
from tagline.model.heads.head import Head
from tagline.training.teacher import Teaching
from tagline.training.train_params import Train
from tagline.training.training_batches import TrainingBatches

# Devices on which PyTorch updates all weights of a group in one kernel, several times faster than one by one.
FUSED = ("cpu", "cuda", "mps", "xpu")


class MicroBatch(NamedTuple):
    """What one forward pass reads.

    Attributes:
        arrays: int32 (3, rows, longest): sub-word ids, padding mask, labels; one array, so that it is copied at once.
        padded: whether there is padding.
        targets: float32 (rows, longest, targets), of teachers, see `tagline.training.teacher`; None: there are none.
    """

    arrays: AnyInts
    padded: bool
    targets: Floats | None = None


class Step(NamedTuple):
    """An optimizer step, ready to be computed.

    Attributes:
        number: within the run, from 1.
        batch: int64, indices of its windows, in all processes.
        seed: of dropout in this process.
        parts: this process's share of the batch.
    """

    number: int
    batch: Ints
    seed: int
    parts: list[MicroBatch]


@dataclass(eq=False)
class Gradients:
    """Prepares steps, and adds their gradients to a model's.

    The loss of a batch is the sum over its labelled sub-words, the first of each word if the head scores sequences,
    divided by the number of those in the whole batch whose label is not wholly unknown. So sharing it among processes,
    or computing it in parts that fit a device, changes rounding and dropout only.

    Attributes:
        rows: the windows to train on.
        batches: their padded lengths.
        head: computes the loss.
        padding: sub-word id of the padding.
        params: the section ``train``.
        teaching: a second loss, averaged over the words of the batch; None: there is none.
        labelled: int64 (windows,), the number of sub-words of each window over which the loss is averaged.
    """

    rows: Windows
    batches: TrainingBatches
    head: Head
    padding: int
    params: Train
    teaching: Teaching | None = None

    def __post_init__(self) -> None:
        unknown = self.head.labels.ids.get(ANY, IGNORED)
        self.labelled = self.rows.labelled(once_per_word=self.head.scores_sequences, unknown=unknown)

    def step(self, accelerator: Accelerator, number: int, batch: Ints) -> Step:
        """Prepare this process's share of a step: all that is random in it, and its windows, padded.

        What is drawn depends on seed, step and process only, not on earlier steps or on what an engine draws, so that
        a run that continues draws the same. What must not depend on the number of processes is drawn for the whole
        batch, without the process's index.

        Args:
            accelerator: the one that prepared the model.
            number: of the step, from 1.
            batch: int64, indices of its windows, in all processes.
        """
        rank, processes = accelerator.process_index, accelerator.num_processes
        of_process = np.random.SeedSequence([self.params.seed, number, rank])
        once_per_word, parts = self.head.scores_sequences, []
        for rows in share(batch, self.batches.padded, processes, self.params.subwords_per_device)[rank]:
            count = self._rows(rows, processes, static=accelerator.device.type == "xla")
            part = micro_batch(self.rows, rows, self.padding, self.batches.multiple, count, once_per_word)
            if self.teaching is not None:
                part = part._replace(targets=self.teaching.targets(rows, *part.arrays.shape[1:]))
            parts.append(part)
        return Step(number, batch, int(of_process.generate_state(1)[0]), parts)

    def add(self, accelerator: Accelerator, model: nn.Module, step: Step) -> Tensor:
        """Compute this process's share of a step.

        Args:
            accelerator: the one that prepared the model.
            model: in training mode.
            step: what `step` returned.

        Returns:
            The loss of the whole batch, the same in all processes; float32 scalar on the device.
        """
        device, processes = accelerator.device, accelerator.num_processes
        if device.type == "cpu":  # as torch.manual_seed, without seeding the generators of devices that are not in use
            torch.default_generator.manual_seed(step.seed)
        else:
            set_seed(step.seed)
        labelled = max(1, int(self.labelled[step.batch].sum()))
        taught = 1 if self.teaching is None else max(1, int(self.teaching.words[step.batch].sum()))
        total = torch.zeros((), device=device)
        for left, part in zip(reversed(range(len(step.parts))), step.parts, strict=True):
            # Processes exchange gradients once per step, with the last part.
            with accelerator.no_sync(model) if left else nullcontext():
                loss = self._loss(model, part, accelerator, labelled, taught)
                # That exchange averages gradients, but the loss is a sum over processes.
                accelerator.backward(loss * processes)
            total += loss.detach()
            if device.type == "xla":
                end_graph()
        return accelerator.reduce(total, "sum") if processes > 1 else total

    def _loss(self, model: nn.Module, part: MicroBatch, accelerator: Accelerator, labelled: int, taught: int) -> Tensor:
        """The share of a part in the loss of a batch with so many labels, and words to learn from teachers."""
        ids, mask, labels = to_device(part.arrays, accelerator.device)
        with known_padding(mask, part.padded):
            logits = model(input_ids=ids, attention_mask=mask).logits
        loss = self.head.loss(logits, labels, accelerator.unwrap_model(model)) / labelled
        if self.teaching is None or part.targets is None:
            return loss
        targets = torch.from_numpy(part.targets).to(accelerator.device)
        return loss + self.teaching.loss(logits, targets) / taught

    def _rows(self, rows: Ints, processes: int, static: bool) -> int:
        """The minimum number of rows of a part.

        With ``static`` the most that a part of this length can have: padded to them, XLA compiles one shape per length.
        """
        if not static:
            return 2 if self.params.compile else 1  # torch.compile would make a graph of its own for a single row
        longest = int(self.batches.padded[rows].max(initial=self.batches.multiple))
        most, limit = -(-self.batches.most_rows(longest) // processes), self.params.subwords_per_device
        return most if limit is None else max(1, min(most, limit // longest))


def share(batch: Ints, padded: Ints, processes: int, subwords_per_device: int | None) -> list[list[Ints]]:
    """Share a batch among processes, in parts that fit a device.

    Args:
        batch: int64, the indices of its windows.
        padded: int64 (windows), padded length of each window.
        processes: number of processes.
        subwords_per_device: most sub-words of a part, padding included; None: no limit. A longer window is a part of
            its own.

    Returns:
        The parts of each process, as indices of windows. All processes have the same number of parts, some of them
        perhaps empty: all call the wrapped model (DDP) equally often.
    """
    # Windows of similar length go to different processes, so that all of them compute about equally long.
    order = batch[np.argsort(-padded[batch], kind="stable")]
    shares = [order[rank::processes] for rank in range(processes)]
    if subwords_per_device is None:
        return [[rows] for rows in shares]
    parts = [[rows[indices] for indices in longest_first(padded[rows], subwords_per_device)] for rows in shares]
    most = max(map(len, parts))
    return [of_process + [batch[:0]] * (most - len(of_process)) for of_process in parts]


def micro_batch(
    windows: Windows, rows: Ints, padding: int, multiple: int = 1, count: int = 1, once_per_word: bool = False
) -> MicroBatch:
    """Pad some windows to the longest of them.

    Args:
        windows: of the training split.
        rows: their indices; if empty, it has no labels, for a process that has no window left but must call the
            model as often as the others.
        padding: sub-word id of the padding.
        multiple: the padded length is a multiple of it.
        count: minimum number of rows; additional ones have no labels.
        once_per_word: whether later sub-words of a word have no label.
    """
    ids, mask = pad(windows.values(windows.input_ids, rows), padding, multiple, count)
    of_rows = windows.values(windows.labels, rows)
    if once_per_word:
        words = windows.values(windows.word_ids, rows)
        of_rows = [np.where(continues(of_row), IGNORED, labels) for of_row, labels in zip(words, of_rows, strict=True)]
    labels, _ = pad(of_rows, IGNORED, multiple, count)
    return MicroBatch(np.stack([ids, mask, labels], dtype=np.int32, casting="same_kind"), padded=not mask.all())


def groups(model: nn.Module, weight_decay: float, head_learning_rate: float) -> list[dict[str, object]]:
    """The trainable weights in parameter groups: matrices with weight decay, biases and norms without.

    A third group has the head's own weights, if it has any, which need a higher learning rate than pretrained ones.
    """
    decaying: list[nn.Parameter] = []
    no_decay: list[nn.Parameter] = []
    own = own_weights(model)
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


def adamw(model: nn.Module, device: torch.device, params: Train) -> torch.optim.AdamW:
    """AdamW (Loshchilov and Hutter, 2019) with a learning rate per step, see `schedule`.

    Args:
        model: its trainable weights, float32.
        device: where they are, or will be moved to.
        params: the section ``train``.
    """
    of_groups = groups(model, params.weight_decay, params.head_learning_rate)
    return torch.optim.AdamW(of_groups, lr=params.learning_rate, fused=device.type in FUSED or None)


def schedule(optimizer: torch.optim.Optimizer, name: str, warmup: float, steps: int) -> LambdaLR:
    """The learning rate of each step: from zero up during warm-up, then down to zero.

    Args:
        optimizer: its learning rate is the maximum.
        name: how it falls, `linear` or `cosine`.
        warmup: share of the steps in which it rises.
        steps: number of steps of the whole run.
    """
    return get_scheduler(name, optimizer, math.ceil(warmup * steps), steps)
