"""The backend of onnxruntime: an ONNX file on the cores of a CPU, without PyTorch, whose import takes seconds."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# onnxruntime reports its use to its makers unless it is told not to before it is imported.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import numpy as np
import numpy.typing as npt
import onnxruntime

from tagline.core.errors import UserError
from tagline.model.batches import pad

# The names by which `tagline.export.onnx_export` writes the graph's inputs and its output.
INPUTS = ("input_ids", "attention_mask")
OUTPUT = "logits"
# On a CPU onnxruntime adds and normalises in one operator five times slower than in two.
SLOWER = "SkipLayerNormFusion"


class OnnxModel:
    """A token classifier as a graph.

    Args:
        path: a file of `exported.GRAPHS`.
        padding: the id of the sub-word that fills a batch up.
        threads: cores that one batch is computed on. Batches side by side, each on a core of its own (`workers`),
            are faster, and come out the same on any number of cores.

    Attributes:
        scores: how many there are of each sub-word, one a label.

    Raises:
        UserError: the file is missing, damaged, or of another kind.
    """

    def __init__(self, path: Path, padding: int = 0, threads: int = 1) -> None:
        if not path.is_file():
            raise UserError(f"{path} is missing: the stage export writes it where its params ask for it")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 4  # errors are raised
        try:
            self.session = onnxruntime.InferenceSession(
                path, options, providers=["CPUExecutionProvider"], disabled_optimizers=[SLOWER]
            )
        except Exception as error:  # the library raises nothing more special
            raise UserError(f"{path} is damaged ({str(error).splitlines()[0]}): run `dvc repro export` again") from None
        if tuple(entry.name for entry in self.session.get_inputs()) != INPUTS:
            raise UserError(f"{path} is no graph of this project: its inputs must be {', '.join(INPUTS)}")
        self.path, self.padding = path, padding
        self.scores: int = self.session.get_outputs()[0].shape[-1]

    def logits(
        self, rows: Sequence[npt.NDArray[np.integer[Any]]], positions: Sequence[npt.NDArray[np.int64]]
    ) -> npt.NDArray[np.float32]:
        """See `Backend`. Several threads may ask at once.

        Raises:
            UserError: onnxruntime can't compute it: a sub-word or a length that the graph does not know, too little memory.
        """
        inputs = dict(zip(INPUTS, pad(rows, self.padding), strict=True))
        try:
            (logits,) = self.session.run([OUTPUT], inputs)
        except Exception as error:  # the library raises nothing more special
            raise UserError(
                f"{self.path} can't be computed ({str(error).splitlines()[0]}): where the files beside it are of "
                "another export, run `dvc repro export` again"
            ) from None
        row = np.repeat(np.arange(len(rows)), [len(places) for places in positions])
        chosen: npt.NDArray[np.float32] = logits[row, np.concatenate(positions)]
        return chosen


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def workers() -> Iterator[Executor]:
    """Threads for `Predictor`, one a core, each of which computes a batch by itself."""
    pool = ThreadPoolExecutor(cores())
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
