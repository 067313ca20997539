"""An optimizer step: the gradients of a global batch, and AdamW's parameter groups and learning rates.

Processes share a batch, and each computes its share in parts that fit its device.
"""

import math
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR
from transformers import PreTrainedModel, get_scheduler

from tagline.labels import ANY, IGNORED, AnyInts, Bools, Doubles, Floats, Ints, Windows, continues
from tagline.model.backends.xla import end_graph
from tagline.model.batches import longest_first, pad
from tagline.model.classifier import is_of_head, layer_stack
from tagline.model.fast_paths import known_padding, to_device
from tagline.model.heads.head import Head
from tagline.training.train_params import Train
from tagline.training.training_batches import TrainingBatches

# Devices on which PyTorch updates all weights of a group in one kernel, several times faster than one by one.
FUSED = ("cpu", "cuda", "mps", "xpu")
# The targets of an objective that learns labels only.
NO_TARGETS: Floats = np.zeros(0, np.float32)


class MicroBatch(NamedTuple):
    """What one forward pass reads.

    Attributes:
        arrays: int32 (3, rows, longest): sub-word ids, padding mask, labels; copied to the device at once.
        targets: of each objective, see `Objective.targets`.
    """

    arrays: AnyInts
    padded: bool
    targets: tuple[Floats, ...] = ()


class Step(NamedTuple):
    """An optimizer step, ready to be computed.

    Attributes:
        number: within the run, from 1.
        batch: int64, indices of the windows of all processes.
        parts: this process's share.
    """

    number: int
    batch: Ints
    seed: int
    parts: list[MicroBatch]


class Batch(NamedTuple):
    """What an objective compares logits with, on the device of the model.

    Attributes:
        labels: int64 (rows, longest), ids of labels, or of sets of labels where they are known in part; else `IGNORED`.
        targets: of this objective, see `Objective.targets`.
        model: in training mode, for the weights of a head.
    """

    labels: Tensor
    targets: Tensor
    model: nn.Module


class Objective(ABC):
    """A loss that a run minimises; the losses of several objectives are added.

    The loss is summed over the items of each part of a batch, such as words, and divided by the number of items in the
    whole batch.

    Attributes:
        items: int64 (windows,), the number of items of each window.
    """

    items: Ints

    def targets(self, windows: Ints, rows: int, longest: int) -> Floats:
        """What is learnt beside labels, by default nothing; runs in a thread, one step ahead.

        Args:
            windows: int64, the windows of a part.
            rows: number of rows of the part; the last ones may have no window.

        Returns:
            float32 (rows, longest, ...), 0 where there is nothing to learn.
        """
        return NO_TARGETS

    @abstractmethod
    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        """Sum the loss over the items of a part.

        Args:
            logits: (rows, longest, labels).

        Returns:
            float32 scalar, by the same operations for all labels: no value is read from the device.
        """


class GoldLabels(Objective):
    """The loss of the head over labelled words, each of which counts once per window.

    Else a rare word of five sub-words would count more than four frequent ones.

    Args:
        head: computes the loss; if it scores sequences, only the first sub-word of each word counts.
    """

    def __init__(self, head: Head, rows: Windows) -> None:
        self.head = head
        self.rows = rows
        # Words whose label is wholly unknown have no loss.
        self.items = rows.labelled(once_per_word=True, unknown=head.labels.ids.get(ANY, IGNORED))

    def targets(self, windows: Ints, rows: int, longest: int) -> Floats:
        weights = np.zeros((rows, longest), np.float32)
        words_of_rows = self.rows.values(self.rows.word_ids, windows)
        labels_of_rows = self.rows.values(self.rows.labels, windows)
        for row, words, labels in zip(weights, words_of_rows, labels_of_rows, strict=False):
            row[: len(words)] = shares_of_words(~continues(words), labels)
        return weights

    def counts(self) -> Doubles:
        """The number of words of each label, (labels,), as weighted in the loss; sets of labels do not count."""
        counts = np.zeros(len(self.head.labels.names))
        for ids, first in zip(self.rows.labels, self.rows.first(), strict=True):
            if self.head.scores_sequences:
                ids = np.where(first, ids, IGNORED)
            known = (ids >= 0) & (ids < len(counts))
            counts += np.bincount(ids[known], shares_of_words(first, ids)[known], len(counts))
        return counts

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        return self.head.loss(logits, batch.labels, batch.targets, batch.model)


def shares_of_words(is_first: Bools, labels: AnyInts) -> Doubles:
    """The weights of sub-words in the loss: equal for the labelled ones of a word, with sum 1.

    Args:
        is_first: (sub-words,), whether each is the first of its word.
        labels: (sub-words,), label ids or `IGNORED`.
    """
    word = np.cumsum(is_first)
    labelled = labels != IGNORED
    number = np.bincount(word, labelled)
    return labelled / np.maximum(number[word], 1)


@dataclass(eq=False)
class Gradients:
    """Prepares steps, and adds their gradients to a model's."""

    rows: Windows
    batches: TrainingBatches
    head: Head
    padding: int
    params: Train
    objectives: Sequence[Objective]

    def step(self, accelerator: Accelerator, number: int, batch: Ints) -> Step:
        """Prepare this process's share of a step: its windows, padded, and all that is random in it.

        Random values depend on seed, step and process only, so that a continued run draws the same.
        """
        rank = accelerator.process_index
        processes = accelerator.num_processes
        seed = int(np.random.SeedSequence([self.params.seed, number, rank]).generate_state(1)[0])
        once_per_word = self.head.scores_sequences
        shares = share(batch, self.batches.padded, processes, self.params.subwords_per_device)
        parts = []
        for windows in shares[rank]:
            count = self._rows(windows, processes, static=accelerator.device.type == "xla")
            part = micro_batch(self.rows, windows, self.padding, self.batches.multiple, count, once_per_word)
            _, rows, longest = part.arrays.shape
            targets = tuple(objective.targets(windows, rows, longest) for objective in self.objectives)
            parts.append(part._replace(targets=targets))
        return Step(number, batch, seed, parts)

    def add(self, accelerator: Accelerator, model: nn.Module, step: Step) -> Tensor:
        """Compute this process's share of a step.

        Returns:
            The loss of the whole batch, the same in all processes; float32 scalar on the device.
        """
        device = accelerator.device
        processes = accelerator.num_processes
        if device.type == "cpu":  # as torch.manual_seed, without seeding the generators of devices that are not in use
            torch.default_generator.manual_seed(step.seed)
        else:
            set_seed(step.seed)
        items = [max(1, int(objective.items[step.batch].sum())) for objective in self.objectives]
        total = torch.zeros((), device=device)
        last = len(step.parts) - 1
        for index, part in enumerate(step.parts):
            # Processes exchange gradients once per step, with the last part.
            with nullcontext() if index == last else accelerator.no_sync(model):
                loss = self._loss(model, part, accelerator, items)
                # That exchange averages gradients, but the loss is a sum over processes.
                accelerator.backward(loss * processes)
            total += loss.detach()
            if device.type == "xla":
                end_graph()
        if processes == 1:
            return total
        return accelerator.reduce(total, "sum")

    def _loss(self, model: nn.Module, part: MicroBatch, accelerator: Accelerator, items: Sequence[int]) -> Tensor:
        ids, mask, labels = to_device(part.arrays, accelerator.device)
        with known_padding(mask, part.padded):
            logits = model(input_ids=ids, attention_mask=mask).logits
        unwrapped = accelerator.unwrap_model(model)
        losses = []
        for objective, targets, count in zip(self.objectives, part.targets, items, strict=True):
            batch = Batch(labels, torch.from_numpy(targets).to(accelerator.device), unwrapped)
            losses.append(objective.loss(logits, batch) / count)
        return torch.stack(losses).sum()

    def _rows(self, rows: Ints, processes: int, static: bool) -> int:
        """The minimum number of rows of a part; with ``static`` the maximum, for one shape per length in XLA."""
        if not static:
            return 1
        longest = int(self.batches.padded[rows].max(initial=self.batches.multiple))
        most = math.ceil(self.batches.most_rows(longest) / processes)
        limit = self.params.subwords_per_device
        if limit is None:
            return most
        return max(1, min(most, limit // longest))


def share(batch: Ints, padded: Ints, processes: int, subwords_per_device: int | None) -> list[list[Ints]]:
    """Share a batch among processes, in parts that fit a device.

    Args:
        batch: int64, the indices of its windows.
        padded: int64 (windows,), padded length of each window.
        subwords_per_device: most sub-words of a part, padding included; None: no limit. A longer window is a part of
            its own.

    Returns:
        The parts of each process, as indices of windows. All processes have equally many parts, some perhaps empty: all
        must call the wrapped model (DDP) equally often.
    """
    # Windows of similar length go to different processes, so that all of them compute about equally long.
    order = batch[np.argsort(-padded[batch], kind="stable")]
    shares = [order[rank::processes] for rank in range(processes)]
    if subwords_per_device is None:
        return [[rows] for rows in shares]
    shared = []
    for rows in shares:
        parts = longest_first(padded[rows], subwords_per_device)
        shared.append([rows[indices] for indices in parts])
    most = max(map(len, shared))
    for parts in shared:
        parts += [batch[:0]] * (most - len(parts))
    return shared


def micro_batch(
    windows: Windows, rows: Ints, padding: int, multiple: int = 1, count: int = 1, once_per_word: bool = False
) -> MicroBatch:
    """Pad some windows to the longest of them.

    Args:
        rows: indices of the windows; may be empty, for a process that must call the model as often as the others.
        count: minimum number of rows; additional ones have no labels.
        once_per_word: leave out the labels of later sub-words of a word.
    """
    ids, mask = pad(windows.values(windows.input_ids, rows), padding, multiple, count)
    labels_of_rows = windows.values(windows.labels, rows)
    if once_per_word:
        pairs = zip(windows.values(windows.word_ids, rows), labels_of_rows, strict=True)
        labels_of_rows = [np.where(continues(words), IGNORED, labels) for words, labels in pairs]
    padded_labels, _ = pad(labels_of_rows, IGNORED, multiple, count)
    arrays = np.stack([ids, mask, padded_labels], dtype=np.int32, casting="same_kind")
    return MicroBatch(arrays, padded=not mask.all())


def adamw(
    model: PreTrainedModel,
    device: torch.device,
    weight_decay: float,
    learning_rate: float,
    head_learning_rate: float,
    layer_decay: float = 1,
) -> torch.optim.AdamW:
    """AdamW (Loshchilov and Hutter, 2019) without weight decay of biases, norms and the head.

    Parameter groups run from the top layer to the embeddings; the head's is the last.

    Args:
        learning_rate: of the encoder's top layer, and of what is above it.
        layer_decay: ratio of the rates of a layer and the one above it (Howard and Ruder, 2018).

    Raises:
        UserError: with a ratio below 1, the encoder does not have one list of layers.
    """
    depths = _depths(model) if layer_decay < 1 else {}
    # By the number of layers above: matrices, then the others.
    of_encoder: dict[int, tuple[list[nn.Parameter], list[nn.Parameter]]] = defaultdict(lambda: ([], []))
    of_head: list[nn.Parameter] = []
    for name, weight in model.named_parameters():
        if not weight.requires_grad:
            continue
        decaying, no_decay = of_encoder[depths.get(name, 0)]
        if is_of_head(model, name, weight):
            of_head.append(weight)
        # Weights of norms are vectors; those of linear layers and embeddings are matrices.
        elif weight.ndim < 2 or "bias" in name.rpartition(".")[2]:
            no_decay.append(weight)
        else:
            decaying.append(weight)
    made: list[dict[str, Any]] = []
    for depth, (decaying, no_decay) in sorted(of_encoder.items()):
        rate = learning_rate * layer_decay**depth
        made.append({"params": decaying, "weight_decay": weight_decay, "lr": rate})
        made.append({"params": no_decay, "weight_decay": 0.0, "lr": rate})
    made.append({"params": of_head, "weight_decay": 0.0, "lr": head_learning_rate})
    return torch.optim.AdamW(made, lr=learning_rate, fused=device.type in FUSED or None)


def _depths(model: PreTrainedModel) -> dict[str, int]:
    """How many layers are above each weight of the encoder, by its name.

    Of three layers: 2, 1 and 0; of the embeddings, registered before them, 3; of what comes after them 0.
    """
    stack, layers = layer_stack(model, "train.layer_decay")
    depths, above = {}, len(layers)
    for name, _ in model.named_parameters():
        if name.startswith(f"{stack}."):
            above = len(layers) - 1 - int(name.removeprefix(f"{stack}.").partition(".")[0])
            depths[name] = above
        else:
            depths[name] = len(layers) if above == len(layers) else 0
    return depths


def schedule(optimizer: torch.optim.Optimizer, name: str, warmup: float, steps: int) -> LambdaLR:
    """The learning rate of each step: from zero up during warm-up, then down to zero.

    Args:
        name: `linear` or `cosine`.
        warmup: share of the steps.
    """
    return get_scheduler(name, optimizer, math.ceil(warmup * steps), steps)
