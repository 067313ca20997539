"""Training rows: the windows of the training split as flat arrays, a few bytes a sub-word and no Python objects."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from datasets import Dataset

from tagline.labels.alignment import IGNORED
from tagline.model.batches import pad

Ints = npt.NDArray[np.int64]


class Part(NamedTuple):
    """What goes through the model at once: three int64 arrays (rows, longest)."""

    input_ids: Ints
    attention_mask: Ints
    labels: Ints


def _borders(counts: npt.NDArray[Any]) -> Ints:
    """Where each of some neighbours begins, and where the last one ends."""
    return np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])


class TrainingRows:
    """The windows of a split.

    Args:
        windows: as in `tagline.artifacts.tokenized`.

    Attributes:
        sentence: int32, the sentence of each window.
        lengths: int64, its sub-words, special tokens included.
        labelled: int64, those of them that have a label, over which a loss is a mean.
    """

    def __init__(self, windows: Dataset) -> None:
        columns: pa.Table = windows.with_format("arrow")[:]
        self.sentence = columns["sentence"].to_numpy()
        self.lengths: Ints = pc.list_value_length(columns["input_ids"]).to_numpy().astype(np.int64)
        self._borders = _borders(self.lengths)
        self._input_ids = pc.list_flatten(columns["input_ids"]).to_numpy()
        self._labels = pc.list_flatten(columns["labels"]).to_numpy().astype(np.int32)
        self.labelled: Ints = np.diff(_borders(self._labels != IGNORED)[self._borders])

    def __len__(self) -> int:
        return len(self.lengths)

    def part(self, rows: Ints, padding: int, multiple: int = 1, count: int = 1) -> Part:
        """Pad some windows to the longest.

        Args:
            rows: their places. None at all make a part that nothing is learnt from, for a process that must compute
                along though no window is left for it.
            padding: the sub-word id to pad with.
            multiple: what the padded length is a multiple of.
            count: how many rows the part has at least; those beyond the windows have no labels.
        """
        spans = [slice(*self._borders[row : row + 2]) for row in rows]
        ids, mask = pad([self._input_ids[span] for span in spans], padding, multiple, count)
        labels, _ = pad([self._labels[span] for span in spans], IGNORED, multiple, count)
        return Part(ids, mask, labels)
