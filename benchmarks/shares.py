"""Where the time of a training run goes, and how fast it is without its warm-up and its validation."""

from __future__ import annotations

import functools
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

# The first steps choose algorithms and reserve memory.
WARM_UP = 3


def now() -> float:
    """Seconds, once a GPU has done all that it was given."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()


class Clock:
    """Counts the sub-words that are learnt from and the time for it, validation and the first steps left out.

    Attributes:
        seconds: what a user waits.
        cpu_seconds: what all threads compute, which others on the host change little.
    """

    def __init__(self) -> None:
        self.steps = self.sub_words = 0
        self.seconds = self.cpu_seconds = 0.0

    def begin_epoch(self, *_: Any) -> None:
        self._start = now(), time.process_time()

    def after_step(self, sub_words: int) -> None:
        self.steps += 1
        if self.steps <= WARM_UP:
            self.begin_epoch()
        else:
            self.sub_words += sub_words

    def end_epoch(self, *_: Any) -> None:
        start, cpu_start = self._start
        self.seconds += now() - start
        self.cpu_seconds += time.process_time() - cpu_start


class Shares:
    """Time by what it is spent on; what is done inside of something else counts as itself only."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self._inside = [0.0]

    def of(self, owner: Any, function: str, name: str) -> None:
        """Put the time of a method of a class, from now on, under a name."""
        original: Callable[..., Any] = getattr(owner, function)

        @functools.wraps(original)
        def timed(*args: Any, **kwargs: Any) -> Any:
            with self.time(name):
                return original(*args, **kwargs)

        setattr(owner, function, timed)

    @contextmanager
    def time(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        self._inside.append(0.0)
        yield
        took = time.perf_counter() - start
        self.seconds[name] += took - self._inside.pop()
        self._inside[-1] += took

    def shares(self) -> dict[str, float]:
        """The share of each name in all of them."""
        total = sum(self.seconds.values())
        return {name: round(seconds / total, 4) for name, seconds in self.seconds.most_common()}
