"""Backends and heads without a model, for tests that define the predictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from torch import Tensor


class FixedLogits:
    """A backend with fixed logits for each sub-word id."""

    def __init__(self, logits: dict[int, list[float]]) -> None:
        self.logits_of = logits

    def logits(self, rows: Sequence[np.ndarray], positions: Sequence[np.ndarray]) -> np.ndarray:
        ids = [row[position] for row, of_row in zip(rows, positions, strict=True) for position in of_row]
        return np.array([self.logits_of[int(subword)] for subword in ids], dtype=np.float32)


class LastLabelHead:
    """A head that is not a softmax: logits are scores as they are, and a sentence has one label, that of its last word.

    It records the arguments of its calls, so that tests see what a caller passes.
    """

    name = "last"

    def __init__(self) -> None:
        self.calls: list[tuple[str, list[np.ndarray]]] = []

    def loss(self, logits: Tensor, labels: Tensor, label_smoothing: float, weights: Mapping[str, Tensor]) -> Tensor:
        return logits.sum() * label_smoothing

    def new_weights(self) -> dict[str, np.ndarray]:
        return {}

    def with_weights(self, weights: Mapping[str, np.ndarray]) -> LastLabelHead:
        return self

    def scores(self, logits: np.ndarray) -> np.ndarray:
        return logits

    def decode(self, scores: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        self.calls.append(("decode", [scores.copy(), lengths]))
        last = np.cumsum(lengths) - 1
        return np.repeat(scores.argmax(-1)[last[lengths > 0]], lengths[lengths > 0])

    def probabilities(self, scores: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        self.calls.append(("probabilities", [scores.copy(), lengths]))
        return np.linspace(0.1, 0.9, scores.size, dtype=np.float32).reshape(scores.shape)

    def negative_log_likelihood(
        self, scores: np.ndarray, lengths: np.ndarray, gold: np.ndarray, known: np.ndarray
    ) -> float:
        self.calls.append(("negative_log_likelihood", [scores.copy(), lengths, gold, known]))
        return float(np.count_nonzero(known))
