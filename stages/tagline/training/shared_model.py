"""The backend of several processes: each computes its share of a batch, and all get the logits of the whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from accelerate import Accelerator

from tagline.model.backends.torch_model import TorchModel, choose


class SharedModel:
    """A model of which every process has its own copy, or its part. All of them ask for the same batches.

    All call the model equally often, as processes must that hold a part of it each (FSDP).

    Args:
        backend: of this process.
        accelerator: of the run.
    """

    def __init__(self, backend: TorchModel, accelerator: Accelerator) -> None:
        self.backend, self.accelerator = backend, accelerator

    def logits(
        self, rows: Sequence[npt.NDArray[np.integer[Any]]], positions: Sequence[npt.NDArray[np.int64]]
    ) -> npt.NDArray[np.float32]:
        """See `Backend`."""
        rank, processes = self.accelerator.process_index, self.accelerator.num_processes
        each = -(-len(rows) // processes)
        # The last processes may lack rows. They compute the first one along, which nobody reads.
        filled = [*rows, *[rows[0]] * (each * processes - len(rows))]
        share = self.backend.forward(filled[rank * each : (rank + 1) * each])[:each]
        padded = self.accelerator.pad_across_processes(share, dim=1)
        return choose(self.accelerator.gather(padded), positions)
