"""What a person sees of a training run: a bar on a terminal, and one line an epoch everywhere."""

from __future__ import annotations

import time
from typing import Any

from tqdm import tqdm

from tagline.training.learning import Learning


class EpochLines:
    """Steps as a bar, and after each epoch its losses, its validation scores and its speed.

    Args:
        steps, epochs: of the whole run.
        done: steps that were done before.
        shown: False in all processes but one.
    """

    def __init__(self, steps: int, epochs: int, done: int, shown: bool) -> None:
        self.epochs = epochs
        self.bar: tqdm[Any] = tqdm(
            total=steps, initial=done, desc="train", unit=" steps", disable=None if shown else True
        )
        self.shown = shown
        self.sentences, self.start = 0, time.perf_counter()

    def begin_epoch(self) -> None:
        self.sentences, self.start = 0, time.perf_counter()

    def after_step(self, sentences: int) -> None:
        """Count a step, and the sentences that it learnt from."""
        self.sentences += sentences
        self.bar.update()

    def end_steps(self) -> float:
        """Sentences a second since the epoch began; to be asked before validation."""
        return self.sentences / (time.perf_counter() - self.start)

    def after_epoch(self, train_loss: float, learning: Learning, speed: float) -> None:
        """Say how the epoch went."""
        if not self.shown:
            return
        row = learning.epochs[-1]
        self.bar.write(
            f"epoch {row['epoch']}/{self.epochs}: train loss {train_loss:.4f}, validation loss {row['loss']:.4f}, "
            f"precision {row['precision']:.3f}, recall {row['recall']:.3f}, F1 {row['f1']:.3f}; "
            f"{speed:.0f} sentences/s"
        )

    def tell(self, line: str) -> None:
        """Say something else, above the bar."""
        if self.shown:
            self.bar.write(line)

    def close(self) -> None:
        self.bar.close()
