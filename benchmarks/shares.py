"""Timing of a training run: its speed without warm-up and validation, and the share of each part."""

from __future__ import annotations

import functools
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

# The first steps select algorithms and allocate memory.
WARM_UP = 3


def now() -> float:
    """Return the time in seconds, after waiting for the GPU."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()


class Clock:
    """Counts trained sub-words and the time they take, without validation and the first steps.

    Args:
        warm_up: number of the first steps.

    Attributes:
        seconds: elapsed time.
        cpu_seconds: CPU time of all threads, which depends little on other load.
    """

    def __init__(self, warm_up: int = WARM_UP) -> None:
        self.warm_up, self.steps, self.sub_words = warm_up, 0, 0
        self.seconds = self.cpu_seconds = 0.0

    def begin_epoch(self, *_: Any) -> None:
        self._start = now(), time.process_time()

    def after_step(self, sub_words: int) -> None:
        self.steps += 1
        if self.steps <= self.warm_up:
            self.begin_epoch()
        else:
            self.sub_words += sub_words

    def end_epoch(self, *_: Any) -> None:
        start, cpu_start = self._start
        self.seconds += now() - start
        self.cpu_seconds += time.process_time() - cpu_start


class Shares:
    """Time by category, of all threads; the time of a nested category counts only for that one."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self._thread = threading.local()

    def of(self, owner: Any, function: str, name: str) -> None:
        """Count the time of a method of a class for a category."""
        original: Callable[..., Any] = getattr(owner, function)

        @functools.wraps(original)
        def timed(*args: Any, **kwargs: Any) -> Any:
            with self.time(name):
                return original(*args, **kwargs)

        setattr(owner, function, timed)

    @contextmanager
    def time(self, name: str) -> Iterator[None]:
        nested: list[float] = self._thread.__dict__.setdefault("nested", [0.0])
        start = time.perf_counter()
        nested.append(0.0)
        yield
        took = time.perf_counter() - start
        self.seconds[name] += took - nested.pop()
        nested[-1] += took

    def shares(self) -> dict[str, float]:
        """Return the share of each category in the total."""
        total = sum(self.seconds.values())
        return {name: round(seconds / total, 4) for name, seconds in self.seconds.most_common()}
