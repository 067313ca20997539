"""Training batches: which windows each optimizer step learns from, drawn from the seed and the epoch alone.

A batch is global: however many processes share its windows (`share`), and in however many parts each of them computes
its own, the step is the same.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tagline.model.batches import longest_first, rounded_up
from tagline.training.params import Batches

Ints = npt.NDArray[np.int64]

# In a small corpus, or in the tail of long sentences, a full batch would hold rows of too different lengths.
MOST_PADDING = 0.1


class TrainingBatches:
    """The batches of every epoch.

    Args:
        lengths: int64, the sub-words of each window.
        batches: how they are put together.
        seed: of the order.
        multiple: what the padded length of a batch is a multiple of.
    """

    def __init__(self, lengths: Ints, batches: Batches, seed: int, multiple: int = 1) -> None:
        self.batches, self.seed, self.multiple = batches, seed, multiple
        self.lengths = lengths
        self.padded = rounded_up(lengths, multiple)
        # How the windows are cut into batches depends on their lengths alone, so that every epoch has as many.
        self.steps_per_epoch = len(self.epoch(0))

    def epoch(self, number: int) -> list[Ints]:
        """The batches of an epoch (from 0), each as the places of its windows; every window is in one of them."""
        generator = np.random.default_rng([self.seed, number])
        # A sentence of which the tokenizer leaves nothing has a window that nothing can be learnt from.
        order = generator.permutation(np.flatnonzero(self.lengths))
        if self.batches.order == "by_length":
            # Windows of one length come in another order each time; so do the batches, lest lengths follow each other.
            cut = longest_first(self.padded[order], self.batches.subwords_per_batch, MOST_PADDING)
            return [order[cut[place]] for place in generator.permutation(len(cut))]
        size = self.batches.batch_size
        return [order[start : start + size] for start in range(0, len(order), size)]

    def most_rows(self, longest: int) -> int:
        """How many windows a batch can have, the longest of which is padded to so many sub-words."""
        if self.batches.order == "by_length":
            return max(1, self.batches.subwords_per_batch // longest)
        return self.batches.batch_size

    def padding(self, steps: int) -> float:
        """The share of padding in all that the first steps compute, each batch padded as a whole."""
        computed = read = 0
        for step in range(steps):
            number, place = divmod(step, self.steps_per_epoch)
            if place == 0:
                batches = self.epoch(number)
            computed += int(self.padded[batches[place]].max()) * len(batches[place])
            read += int(self.lengths[batches[place]].sum())
        return 1 - read / computed


def share(batch: Ints, padded: Ints, processes: int, subwords_per_device: int | None) -> list[list[Ints]]:
    """Share a batch among processes, in parts that a device has room for.

    Args:
        batch: the places of its windows.
        padded: int64, the sub-words of every window, rounded up where that is asked for.
        processes: how many share it.
        subwords_per_device: most sub-words of a part once its windows are padded; None: any number. A longer window is a
            part of its own.

    Returns:
        For each process its parts, as places of windows. All have equally many, some of them perhaps empty: processes
        that keep in step (FSDP) must call the model equally often.
    """
    # Neighbours in the order of length go to different processes, so that all compute about equally long.
    order = batch[np.argsort(-padded[batch], kind="stable")]
    shares = [order[rank::processes] for rank in range(processes)]
    if subwords_per_device is None:
        return [[rows] for rows in shares]
    parts = [[rows[places] for places in longest_first(padded[rows], subwords_per_device)] for rows in shares]
    most = max(map(len, parts))
    return [of_one + [batch[:0]] * (most - len(of_one)) for of_one in parts]
