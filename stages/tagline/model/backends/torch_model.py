"""The PyTorch backend: a transformers model on the device of this host."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Self

import numpy as np
import torch
from accelerate import PartialState
from transformers import PreTrainedModel

from tagline.labels import AnyInts, Floats, Ints
from tagline.model.backends.xla import from_xla, static_shape, without_gradients
from tagline.model.batches import DEVICE, pad
from tagline.model.classifier import padding_id
from tagline.model.fast_paths import known_padding, to_device
from tagline.model.precision import Resolved, autocast, cast_linear_layers, usable
from tagline.terminal import UserError

# Python runs one thread at a time: more threads would wait for each other.
MOST_WORKERS = 8
# On a GPU, one thread prepares and queues a batch while the other one waits for the logits of the batch before.
GPU_WORKERS = 2


class TorchModel:
    """A transformers token classifier.

    Args:
        model: in evaluation mode; it is moved to the device.

    Raises:
        UserError: the device is out of memory.
    """

    def __init__(self, model: PreTrainedModel, precision: Resolved = "fp32") -> None:
        self.device = PartialState().device
        with memory_errors():  # no size of batches helps
            self.model = model.to(self.device)
        self.precision = precision
        self.padding = padding_id(model)

    @classmethod
    def for_inference(cls, model: PreTrainedModel, precision: Resolved) -> Self:
        """Make a backend of a model that is not trained further; its linear layers are converted once."""
        precision = usable(model, precision)
        cast_linear_layers(model, precision)
        return cls(model, precision)

    def logits(self, rows: Sequence[AnyInts], positions: Sequence[Ints]) -> Floats:
        """Only the chosen logits leave the device."""
        return choose(self.forward(rows), positions)

    def forward(self, rows: Sequence[AnyInts]) -> torch.Tensor:
        """Compute the logits of all sub-words of a batch, on the device; see `Backend.logits`.

        Returns:
            (rows, longest, labels); on an XLA device both of the first two may be larger.

        Raises:
            UserError: on a CPU, a sub-word id is outside the model's embedding table.
        """
        count, multiple = static_shape(self.device, len(rows), max(map(len, rows)))
        padded = np.stack(pad(rows, self.padding, multiple, count))
        ids, mask = to_device(padded, self.device)
        with (
            without_gradients(self.device),
            autocast(self.device, self.precision),
            known_padding(mask, padded=not padded[1].all()),
        ):
            try:
                logits: torch.Tensor = self.model(input_ids=ids, attention_mask=mask).logits
            except IndexError:
                raise UserError(
                    f"{self.model.name_or_path}: a sub-word id is outside the embedding table; the tokenizer and the "
                    "model do not belong together; write them again with `dvc repro`"
                ) from None
        return logits


def choose(logits: torch.Tensor, positions: Sequence[Ints]) -> Floats:
    """Select the logits of some sub-words.

    Args:
        logits: (rows, longest, labels).
        positions: of the chosen sub-words in each row.

    Returns:
        float32 (chosen sub-words of all rows, labels), row after row.
    """
    logits = from_xla(logits)  # the number of chosen sub-words would be a new shape each time
    # Positions [1 2] and [1] are (row, column) 0,1 0,2 1,1.
    row = np.repeat(np.arange(len(positions)), [len(of_row) for of_row in positions])
    row_and_column = to_device(np.stack([row, np.concatenate(positions)]), logits.device)
    return logits[row_and_column].float().cpu().numpy()


@contextmanager
def memory_errors(param: str | None = None, subwords: int | None = None) -> Iterator[None]:
    """Raise a `UserError` if a device runs out of memory in this block.

    Args:
        param: limits the sub-words that are computed at once; None: nothing in params.yaml does.
    """
    try:
        yield
    except torch.OutOfMemoryError as error:
        if param is None:
            raise UserError(
                f"the device is out of memory; expected enough for the model and {DEVICE:,} sub-words at once; set the "
                "environment variable ACCELERATE_USE_CPU=true to compute on the CPU"
            ) from error
        raise UserError(
            f"the device is out of memory with {param}: {subwords or 'null'}; set it in params.yaml, or lower it, for "
            "example to 4096 and then 1024: batches are computed in parts"
        ) from error


@contextmanager
def workers(device: torch.device) -> Iterator[Executor | None]:
    """Threads in which `Predictor` computes batches on a CPU or GPU; None on other devices or one core.

    On a CPU, one batch per core is faster than one on all cores. The results are the same for any number of cores up to
    `MOST_WORKERS`; with more, each worker uses several.
    """
    if device.type == "cuda":
        with ThreadPoolExecutor(GPU_WORKERS) as pool:
            yield pool
        return
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
        torch.set_num_threads(cores)  # a worker's setting also applies to threads that start later
