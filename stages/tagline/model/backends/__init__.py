"""Backends: what turns sub-words into logits, each from another form of a model. `tagline.model.prediction` asks them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt


class Backend(Protocol):
    """A token classifier that is ready to be asked."""

    def logits(
        self, rows: Sequence[npt.NDArray[np.integer[Any]]], positions: Sequence[npt.NDArray[np.int64]]
    ) -> npt.NDArray[np.float32]:
        """The logits of chosen sub-words of a batch.

        Args:
            rows: the sub-word ids of each window, special tokens included, at least one.
            positions: for each window the places of the sub-words that are asked for.

        Returns:
            float32, (all chosen sub-words, labels), window after window.
        """
