"""Training batches: the windows of each optimizer step, a function of the seed and the epoch.

Batches are global: the number of processes and parts does not change a step; see `tagline.training.gradients`.
"""

import math
from itertools import chain, pairwise

import numpy as np

from tagline.labels import Ints
from tagline.model.batches import batch_borders, rounded_up
from tagline.training.train_params import Batches

# A small corpus, or the few longest sentences of a large one, would fill a batch with rows of very different lengths.
MOST_PADDING = 0.1


class TrainingBatches:
    """The batches of all epochs.

    Args:
        min_steps: minimum number of steps of the run, for which its epochs have several passes over all windows.

    Attributes:
        steps_param: the param of ``train`` that adds steps.
        steps_per_pass: the same in all passes.
    """

    def __init__(
        self, lengths: Ints, batches: Batches, seed: int, multiple: int = 1, min_steps: int = 1, epochs: int = 1
    ) -> None:
        self.epochs = epochs
        self.batches = batches
        self.seed = seed
        self.multiple = multiple
        self.lengths = lengths
        self.padded = rounded_up(lengths, multiple)
        # A sentence without sub-words has an empty window, which is left out.
        self._windows = np.flatnonzero(lengths)
        # Batch sizes depend on the lengths only, so that all passes have the same ones.
        if batches.order == "by_length":
            descending = -np.sort(-self.padded[self._windows])
            self._borders = batch_borders(descending, batches.subwords_per_batch, MOST_PADDING)
        else:
            self._borders = [*range(0, len(self._windows), batches.batch_size), len(self._windows)]
        self.steps_per_pass = len(self._borders) - 1
        self.passes = self.passes_for(min_steps)
        self.steps_param = "epochs" if self.passes == epochs else "min_steps"

    def passes_for(self, min_steps: int) -> int:
        """The number of passes of all epochs that reach a number of steps."""
        return max(self.epochs, math.ceil(min_steps / self.steps_per_pass))

    def steps_before(self, epoch: int) -> int:
        """The number of steps before an epoch (from 0)."""
        return self._passes_before(epoch) * self.steps_per_pass

    def _passes_before(self, epoch: int) -> int:
        """Seven passes in three epochs begin at 0, 2 and 4."""
        return epoch * self.passes // self.epochs

    def epoch(self, number: int) -> list[Ints]:
        """The batches of an epoch (from 0), as indices of windows; each pass has every window once."""
        passes = range(self._passes_before(number), self._passes_before(number + 1))
        return [*chain.from_iterable(map(self._pass, passes))]

    def _pass(self, number: int) -> list[Ints]:
        """The batches of a pass (from 0, over all epochs), in an order of its own."""
        generator = np.random.default_rng([self.seed, number])
        order = generator.permutation(self._windows)
        if self.batches.order == "random":
            return self._cut(order)
        batches = self._cut(order[np.argsort(-self.padded[order], kind="stable")])
        # Windows of equal length are shuffled in each pass, and so are the batches: else lengths would only fall.
        return [batches[index] for index in generator.permutation(len(batches)).tolist()]

    def _cut(self, order: Ints) -> list[Ints]:
        return [order[start:end] for start, end in pairwise(self._borders)]

    def most_rows(self, longest: int) -> int:
        """The most windows of a batch whose longest window is padded to ``longest`` sub-words."""
        if self.batches.order == "by_length":
            return max(1, self.batches.subwords_per_batch // longest)
        return self.batches.batch_size

    def padding(self, steps: int) -> float:
        """The share of padding in the sub-words of the first steps, from 0 to 1."""
        last, index = divmod(steps - 1, self.steps_per_pass)
        totals = [self._subwords(self._pass(last)[: index + 1])]
        if last and self.batches.order == "by_length":  # all passes have equally long batches
            totals.append(last * self._subwords(self._pass(0)))
        else:
            totals += [self._subwords(self._pass(number)) for number in range(last)]
        computed, read = np.sum(totals, axis=0).tolist()
        return float(1 - read / computed)

    def _subwords(self, batches: list[Ints]) -> Ints:
        """The sub-words of batches with padding and without."""
        sizes = np.array([len(batch) for batch in batches])
        windows = np.concatenate(batches)
        longest = np.maximum.reduceat(self.padded[windows], np.cumsum(sizes) - sizes)
        return np.array([(longest * sizes).sum(), self.lengths[windows].sum()])
