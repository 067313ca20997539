"""The windows of the training split: their sub-words stay in the memory-mapped files, which all processes share."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from datasets import Dataset

from tagline.labels.alignment import IGNORED
from tagline.labels.arrays import Ints
from tagline.model.batches import pad


class Part(NamedTuple):
    """One forward pass.

    Attributes:
        arrays: int32 (3, rows, longest): sub-word ids, padding mask, labels; one array, so that it is copied at once.
        padded: whether there is padding.
    """

    arrays: npt.NDArray[np.int32]
    padded: bool


def _borders(counts: npt.NDArray[Any]) -> Ints:
    """The start of each run and the end of the last: counts 3 2 4 give 0 3 5 9."""
    return np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])


class TrainingRows:
    """The windows of a split.

    Args:
        windows: columns as in `tagline.artifacts.tokenized`.

    Attributes:
        sentence: int32 (windows), the index of each window's sentence.
        lengths: int64 (windows), number of sub-words, special tokens included.
        labelled: int64 (windows), number of sub-words with a label; the loss is the mean over them.
    """

    def __init__(self, windows: Dataset) -> None:
        columns: pa.Table = windows.with_format("arrow")[:]
        batches = columns.to_batches()
        self._input_ids = [batch["input_ids"].flatten().to_numpy() for batch in batches]
        self._labels = [batch["labels"].flatten().to_numpy() for batch in batches]
        # Where each window is: the record batch, and the position of its first sub-word in it.
        borders = [_borders(batch["input_ids"].value_lengths().to_numpy()) for batch in batches]
        self._batch = np.repeat(np.arange(len(batches)), [len(batch) for batch in batches])
        self._start = np.concatenate([of_batch[:-1] for of_batch in borders])
        self.sentence = columns["sentence"].to_numpy()
        self.lengths: Ints = np.concatenate([np.diff(of_batch) for of_batch in borders])
        # Labels so far, read at the borders: labels 1 -100 0 | 2 -100 give 0 1 1 2 3 3, at 0 3 5: 0 2 3, so 2 and 1.
        so_far = (_borders(labels != IGNORED) for labels in self._labels)
        self.labelled: Ints = np.concatenate([np.diff(n[at]) for n, at in zip(so_far, borders, strict=True)])

    def __len__(self) -> int:
        return len(self.lengths)

    def part(self, rows: Ints, padding: int, multiple: int = 1, count: int = 1) -> Part:
        """Pad some windows to the longest of them.

        Args:
            rows: their indices; if empty, the part has no labels, for a process that has no window left but must call
                the model as often as the others.
            padding: sub-word id of the padding.
            multiple: the padded length is a multiple of it.
            count: minimum number of rows; additional ones have no labels.
        """
        starts = self._start[rows]
        ends = starts + self.lengths[rows]
        spans = list(zip(self._batch[rows].tolist(), map(slice, starts.tolist(), ends.tolist()), strict=True))
        ids, mask = pad([self._input_ids[batch][span] for batch, span in spans], padding, multiple, count)
        labels, _ = pad([self._labels[batch][span] for batch, span in spans], IGNORED, multiple, count)
        return Part(np.stack([ids, mask, labels], dtype=np.int32, casting="same_kind"), padded=not mask.all())
