"""The backend of PyTorch: a transformers model on the device that this host offers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from accelerate import PartialState
from torch import Tensor
from transformers import PreTrainedModel

from tagline.model.batches import pad
from tagline.model.precision import Resolved, autocast

# Python runs one thread at a time, so with more of them than this they would wait for each other.
MOST_WORKERS = 8


class TorchModel:
    """A transformers token classifier.

    Args:
        model: in evaluation mode; it is moved to the device.
        precision: the number format of matrix products.
    """

    def __init__(self, model: PreTrainedModel, precision: Resolved = "fp32") -> None:
        self.device = PartialState().device
        self.model = model.to(self.device)
        self.precision = precision
        self.padding = model.config.pad_token_id or 0

    def logits(
        self, rows: Sequence[npt.NDArray[np.integer[Any]]], positions: Sequence[npt.NDArray[np.int64]]
    ) -> npt.NDArray[np.float32]:
        """See `Backend`. Only the chosen sub-words' logits leave the device."""
        return choose(self.forward(rows), positions)

    def forward(self, rows: Sequence[npt.NDArray[np.integer[Any]]]) -> Tensor:
        """The logits of all sub-words of a batch, on the device: at least (rows, longest, labels).

        Args:
            rows: the sub-word ids of each window, special tokens included, at least one.
        """
        count, multiple, on_xla = len(rows), 1, self.device.type == "xla"
        if on_xla:
            # It compiles each new shape, for seconds; powers of two are few.
            count, multiple = (1 << (size - 1).bit_length() for size in (count, max(map(len, rows))))
        ids, mask = (torch.from_numpy(array).to(self.device) for array in pad(rows, self.padding, multiple, count))
        # XLA's tensors can't be of inference mode.
        with torch.no_grad() if on_xla else torch.inference_mode(), autocast(self.device, self.precision):
            logits: Tensor = self.model(input_ids=ids, attention_mask=mask).logits
        return logits


def choose(logits: Tensor, positions: Sequence[npt.NDArray[np.int64]]) -> npt.NDArray[np.float32]:
    """The logits of chosen sub-words, float32, (all of them, labels).

    Args:
        logits: (rows, longest, labels), as `TorchModel.forward` gives them.
        positions: for each row the places that are asked for.
    """
    if logits.device.type == "xla":
        logits = logits.cpu()  # as many places as words would be another shape each time
    row = torch.from_numpy(np.repeat(np.arange(len(positions)), [len(places) for places in positions]))
    place = torch.from_numpy(np.concatenate(positions))
    chosen: npt.NDArray[np.float32] = logits[row.to(logits.device), place.to(logits.device)].float().cpu().numpy()
    return chosen


@contextmanager
def workers(device: torch.device) -> Iterator[Executor | None]:
    """Threads for `Predictor` that compute batches side by side on the cores of a CPU; None on any other device.

    A batch that keeps its core to itself waits for no other one in each of its many small operations, and comes out
    the same on any number of cores up to `MOST_WORKERS`; where there are more, each worker has several.
    """
    cores = torch.get_num_threads()
    if device.type != "cpu" or cores == 1:
        yield None
        return
    size = min(cores, MOST_WORKERS)
    pool = ThreadPoolExecutor(size, initializer=torch.set_num_threads, initargs=(cores // size,))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(cores)  # what a worker sets is also what a thread that starts later gets
