"""Backends: compute logits from sub-words, by PyTorch or onnxruntime."""

from collections.abc import Sequence
from typing import Protocol

from tagline.labels import AnyInts, Floats, Ints

__all__ = ["Backend", "torch_model"]


class Backend(Protocol):
    """A loaded token classifier."""

    def logits(self, rows: Sequence[AnyInts], positions: Sequence[Ints]) -> Floats:
        """Compute the logits of chosen sub-words of a batch.

        Args:
            rows: the sub-word ids of each window, special tokens included; at least one window.
            positions: of the chosen sub-words in each window.

        Returns:
            float32 (chosen sub-words of all windows, labels), window after window.
        """
