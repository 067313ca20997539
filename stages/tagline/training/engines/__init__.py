"""Engines: what runs the training loop; both take the same steps and end with the same weights."""

from __future__ import annotations

from typing import Protocol

from tagline.training.training import Training


class Engine(Protocol):
    """Trains to the end; the weights of the best epoch are in ``training.best`` then."""

    def __call__(self, training: Training) -> None: ...
