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
from transformers import PreTrainedModel

from tagging.batches import pad
from tagging.precision import Resolved, autocast

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

    @torch.inference_mode()
    def logits(
        self, rows: Sequence[npt.NDArray[np.integer[Any]]], positions: Sequence[npt.NDArray[np.int64]]
    ) -> npt.NDArray[np.float32]:
        """See `Backend`. Only the chosen sub-words' logits leave the device."""
        ids, mask = (torch.from_numpy(array).to(self.device) for array in pad(rows, self.padding))
        row = torch.from_numpy(np.repeat(np.arange(len(rows)), [len(places) for places in positions])).to(self.device)
        place = torch.from_numpy(np.concatenate(positions)).to(self.device)
        with autocast(self.device, self.precision):
            logits = self.model(input_ids=ids, attention_mask=mask).logits
        chosen: npt.NDArray[np.float32] = logits[row, place].float().cpu().numpy()
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
