"""The backend of PyTorch: a transformers model on the device that this host offers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from accelerate import PartialState
from transformers import PreTrainedModel

from tagging.batches import pad
from tagging.precision import Resolved, autocast


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
