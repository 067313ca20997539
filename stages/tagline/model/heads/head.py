"""The interface of a head. Nothing outside this folder knows how a head turns logits into labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:  # the exported model predicts without importing PyTorch
    from torch import Tensor

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


class Head(Protocol):
    """A head for one label list."""

    @property
    def name(self) -> str:
        """What ``tagger.json`` calls it."""

    def loss(self, logits: Tensor, labels: Tensor, label_smoothing: float) -> Tensor:
        """Sum the loss over all labelled sub-words of a batch, in float32.

        A sum, since only the global batch knows how many there are: the mean of parts' means is not the mean of all.

        Args:
            logits: (windows, sub-words, labels), what the model computes from the encoder's states.
            labels: int64 (windows, sub-words), `alignment.IGNORED` where there is none.
            label_smoothing: the share of each target that is spread over all labels (Szegedy et al., 2016).
        """

    def scores(self, logits: Floats) -> Floats:
        """Turn the logits of words, float32 (words, labels), into scores to decode from; -inf forbids a label."""

    def decode(self, scores: Floats, lengths: Ints) -> Ints:
        """Choose a label for every word.

        Args:
            scores: float32 (words, labels), of all sentences in a row.
            lengths: int64, the number of words of each sentence.

        Returns:
            int64 (words,), label ids.
        """

    def probabilities(self, scores: Floats, lengths: Ints, chosen: Ints) -> Floats:
        """Give the probability of each chosen label, float32 (words,)."""

    def negative_log_likelihood(self, scores: Floats, lengths: Ints, gold: Ints, known: npt.NDArray[np.bool_]) -> float:
        """Sum the negative log-likelihood of gold labels over the words that are known (have sub-words)."""

    def exported(self) -> dict[str, Any]:
        """What ``tagger.json`` must say to decode without the trained model, as plain values."""
