"""Backends without a model, for tests that say themselves what is predicted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


class Says:
    """A backend with an opinion of every sub-word id."""

    def __init__(self, logits: dict[int, list[float]]) -> None:
        self.answers = logits

    def logits(self, rows: Sequence[np.ndarray], positions: Sequence[np.ndarray]) -> np.ndarray:
        ids = [row[place] for row, places in zip(rows, positions, strict=True) for place in places]
        return np.array([self.answers[int(number)] for number in ids], dtype=np.float32)
