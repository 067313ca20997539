"""Progress: bars where a person watches, none in a log file, and no chatter of libraries beside them."""

from __future__ import annotations

import sys

import datasets
import huggingface_hub
import transformers


def watched() -> bool:
    """Whether standard error is a terminal, so that a progress bar makes sense."""
    return sys.stderr.isatty()


def quiet() -> None:
    """Leave the terminal to the stage: libraries show bars only to a person, and warn of errors only.

    Also keeps `datasets` from writing cache files beside a data set that DVC watches.
    """
    for library in (transformers, datasets, huggingface_hub):
        library.logging.set_verbosity_error()
    datasets.disable_caching()
    if not watched():
        datasets.disable_progress_bars()
        transformers.logging.disable_progress_bar()
        huggingface_hub.utils.disable_progress_bars()  # type: ignore[attr-defined]  # public by its documentation
