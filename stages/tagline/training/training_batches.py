"""Training batches: the windows of each optimizer step, a function of the seed and the epoch.

A batch is global: however many processes share its windows (`share`), and in however many parts a process computes its
share, the step is the same.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tagline.model.batches import longest_first, rounded_up
from tagline.training.params import Batches

Ints = npt.NDArray[np.int64]

# A small corpus, or the few longest sentences of a large one, would fill a batch with rows of very different lengths.
MOST_PADDING = 0.1


class TrainingBatches:
    """The batches of all epochs.

    Args:
        lengths: int64 (windows), number of sub-words.
        batches: how windows are put into batches.
        seed: seed of the order.
        multiple: padded lengths are a multiple of it.
    """

    def __init__(self, lengths: Ints, batches: Batches, seed: int, multiple: int = 1) -> None:
        self.batches, self.seed, self.multiple = batches, seed, multiple
        self.lengths = lengths
        self.padded = rounded_up(lengths, multiple)
        # Batch sizes depend on the lengths only, so that all epochs have the same number of batches.
        self.steps_per_epoch = len(self.epoch(0))

    def epoch(self, number: int) -> list[Ints]:
        """The batches of an epoch (from 0), each as the indices of its windows; each window is in one of them."""
        generator = np.random.default_rng([self.seed, number])
        # A sentence without sub-words has an empty window, which is left out.
        order = generator.permutation(np.flatnonzero(self.lengths))
        if self.batches.order == "by_length":
            # Windows of equal length are shuffled in each epoch, and so are the batches: else lengths would only fall.
            groups = longest_first(self.padded[order], self.batches.subwords_per_batch, MOST_PADDING)
            return [order[groups[index]] for index in generator.permutation(len(groups))]
        size = self.batches.batch_size
        return [order[start : start + size] for start in range(0, len(order), size)]

    def most_rows(self, longest: int) -> int:
        """The most windows of a batch whose longest window is padded to ``longest`` sub-words."""
        if self.batches.order == "by_length":
            return max(1, self.batches.subwords_per_batch // longest)
        return self.batches.batch_size

    def padding(self, steps: int) -> float:
        """The share of padding in the sub-words of the first steps, from 0 to 1, each batch padded as a whole."""
        computed = read = 0
        for step in range(steps):
            number, index = divmod(step, self.steps_per_epoch)
            if index == 0:
                batches = self.epoch(number)
            computed += int(self.padded[batches[index]].max()) * len(batches[index])
            read += int(self.lengths[batches[index]].sum())
        return 1 - read / computed


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
        perhaps empty: sharded models (FSDP) must be called equally often.
    """
    # Windows of similar length go to different processes, so that all of them compute about equally long.
    order = batch[np.argsort(-padded[batch], kind="stable")]
    shares = [order[rank::processes] for rank in range(processes)]
    if subwords_per_device is None:
        return [[rows] for rows in shares]
    parts = [[rows[indices] for indices in longest_first(padded[rows], subwords_per_device)] for rows in shares]
    most = max(map(len, parts))
    return [of_process + [batch[:0]] * (most - len(of_process)) for of_process in parts]
