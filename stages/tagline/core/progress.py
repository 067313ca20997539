"""Progress: bars on a terminal, a line now and then in a log file, and no output of libraries beside them."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import huggingface_hub
import transformers

Clock = Callable[[], float]
"""The current time in seconds."""
# Seconds between two lines of a long loop in a log file.
INTERVAL = 30.0


def watched() -> bool:
    """Whether standard error is a terminal, where a progress bar makes sense."""
    return sys.stderr.isatty()


def quiet(with_datasets: bool = True) -> None:
    """Silence libraries: progress bars on a terminal only, errors instead of warnings.

    Args:
        with_datasets: also `datasets`, which takes a second to load: it writes no cache files into a data set that DVC
            tracks.
    """
    for library in (transformers, huggingface_hub):
        library.logging.set_verbosity_error()
    if not watched():
        transformers.logging.disable_progress_bar()
        huggingface_hub.utils.disable_progress_bars()  # type: ignore[attr-defined]  # public by its documentation
    if with_datasets:
        import datasets

        datasets.logging.set_verbosity(datasets.logging.CRITICAL)  # it raises the errors that it logs
        datasets.disable_caching()
        if not watched():
            datasets.disable_progress_bars()


class Heartbeat:
    """Tells a long loop when to print a line, so that a log file shows progress.

    Args:
        interval: seconds between two lines.
        clock: the current time in seconds.
    """

    def __init__(self, interval: float = INTERVAL, clock: Clock = time.monotonic) -> None:
        self.interval, self.clock = interval, clock
        self.last = clock()

    def due(self) -> bool:
        """Whether the interval has passed since the last line, or the start; if so, it starts again."""
        now = self.clock()
        if now - self.last < self.interval:
            return False
        self.last = now
        return True
