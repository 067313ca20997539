"""Backend of several processes: each computes its share of a batch, and all get the logits of the whole batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from accelerate import Accelerator

from tagline.model.backends.torch_model import TorchModel, choose


class SharedModel:
    """A model of which each process has a copy or a shard; all processes ask for the same batches.

    Each process calls the model equally often, as sharded models (FSDP) require.

    Args:
        backend: the model of this process.
        accelerator: the one that prepared the model.
    """

    def __init__(self, backend: TorchModel, accelerator: Accelerator) -> None:
        self.backend, self.accelerator = backend, accelerator

    def logits(
        self, rows: Sequence[npt.NDArray[np.integer[Any]]], positions: Sequence[npt.NDArray[np.int64]]
    ) -> npt.NDArray[np.float32]:
        """Compute the logits of the chosen sub-words; see `Backend`."""
        rank, processes = self.accelerator.process_index, self.accelerator.num_processes
        each = -(-len(rows) // processes)
        # The last processes may lack rows; they compute the first one, and its logits are not used.
        # 5 rows in 2 processes: [0, 1, 2] and [3, 4, 0].
        filled = [*rows, *[rows[0]] * (each * processes - len(rows))]
        share = self.backend.forward(filled[rank * each : (rank + 1) * each])[:each]
        padded = self.accelerator.pad_across_processes(share, dim=1)
        return choose(self.accelerator.gather(padded), positions)
