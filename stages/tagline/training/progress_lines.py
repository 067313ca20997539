"""Progress of training: a bar on a terminal, a line per epoch, in a log file also a line every 30 seconds."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

from tqdm import tqdm

from tagline.terminal.progress import watched
from tagline.training.history import History

# What an epoch consists of.
PARTS = ("steps", "validation", "checkpoints")
# Seconds between two lines of a long loop in a log file.
INTERVAL = 30.0
# Without tqdm's rate, which is seconds per step where steps are slow.
BAR = "{l_bar}{bar}| {n_fmt} of {total_fmt} steps [{elapsed}<{remaining}]"


class ProgressLines:
    """Shows the steps, and after each epoch its losses and validation scores.

    Args:
        done: number of steps of earlier processes.
        words: number of words of validation.
        shown: whether this process prints; one of them does.
    """

    def __init__(self, steps: int, epochs: int, done: int, words: int, shown: bool) -> None:
        self.steps = steps
        self.words = words
        self.epochs = epochs
        self.shown = shown
        disable = None if shown else True  # None: on terminals only
        self.bar: tqdm[Any] = tqdm(total=steps, initial=done, desc="train", bar_format=BAR, disable=disable)
        self.in_log = shown and not watched()
        self.last = perf_counter()  # the time of the last line of a loop
        self.seconds: list[dict[str, float]] = []

    def begin_epoch(self) -> None:
        self.epoch_steps = 0
        self.validated = 0
        self.start = perf_counter()
        self.seconds.append(dict.fromkeys(PARTS, 0.0))

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        start = perf_counter()
        yield
        self.seconds[-1][part] += perf_counter() - start

    def after_step(self, history: History) -> None:
        """Count a step; on an accelerator the last loss of the history is one step late."""
        self.epoch_steps += 1
        self.bar.update()
        if self._is_due():
            values = [f"{self.epoch_steps / (perf_counter() - self.start):.2f} steps/s"]
            if history.since_epoch:
                values.insert(0, f"loss {history.since_epoch[-1]:.4f}")
            self.write(f"step {history.steps} of {self.steps}: {', '.join(values)}")

    def after_validating(self, words: int) -> None:
        self.validated += words
        if self._is_due():
            self.write(f"validation: {self.validated:,} of {self.words:,} words")

    def _is_due(self) -> bool:
        """Whether a log file gets a line now; if so, the interval starts again."""
        if not self.in_log or perf_counter() - self.last < INTERVAL:
            return False
        self.last = perf_counter()
        return True

    def end_steps(self) -> None:
        """Take the time of the epoch's steps; call it before validation."""
        seconds = perf_counter() - self.start
        self.seconds[-1]["steps"] = seconds - self.seconds[-1]["checkpoints"]  # those between the steps

    def after_epoch(self, train_loss: float, history: History) -> None:
        """Print the results of an epoch, in 80 columns."""
        row = history.epochs[-1]
        self.write(
            f"epoch {row['epoch']}/{self.epochs}: loss {train_loss:.4f}, validation loss {row['loss']:.4f}, "
            f"P {row['precision']:.3f}, R {row['recall']:.3f}, F1 {row['f1']:.3f}"
        )

    def write(self, line: str) -> None:
        """Print a line above the bar."""
        if self.shown:
            self.bar.write(line)
            sys.stdout.flush()  # a log file shows it at once

    def close(self) -> None:
        """Print how long the parts took, and remove the bar."""
        times = []
        for part in PARTS:
            seconds = sum(epoch[part] for epoch in self.seconds)
            times.append(f"{part} {seconds:.1f} s")
        self.write(f"time: {', '.join(times)}")
        self.bar.close()
