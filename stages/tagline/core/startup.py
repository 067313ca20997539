"""Start-up: what a script does before it imports libraries, which takes seconds and reads the environment."""

from __future__ import annotations

import os
import sys
from types import TracebackType
from urllib.parse import urlsplit

from tagline.core.errors import invalid_url, program_name, shows_tracebacks
from tagline.core.signals import default_sigint

# How threads that wait for each other behave, by OpenMP runtime: GNU's (PyTorch on Linux) and LLVM's (macOS, conda).
# By default they spin for milliseconds, so that one other busy process on the host makes each small operation wait for
# a whole time slice: training on two cores took nine times as long. Here they spin for some microseconds (GNU's counts
# tries) and then sleep: waking a thread costs about a tenth of a training step, and that much spinning at most 4 % of
# one beside a busy process (benchmarks/busy.py of commit ededef3f).
_WAITING = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "300", "KMP_BLOCKTIME": "0"}


def prepare_process() -> None:
    """Prepare this process: Ctrl-C ends it without a traceback; a missing library is one message.

    Waiting threads soon sleep, unless the user says otherwise. Exits with a message if an environment variable that
    libraries read at import is malformed.
    """
    default_sigint()
    sys.excepthook = _without_traceback
    try:
        urlsplit(endpoint := os.environ.get("HF_ENDPOINT", ""))
    except ValueError as error:  # huggingface_hub parses it when it is imported
        sys.exit(f"{program_name()}: {invalid_url('HF_ENDPOINT', endpoint, 'https://huggingface.co', error)}")
    for name in ("HF_HUB_ETAG_TIMEOUT", "HF_HUB_DOWNLOAD_TIMEOUT"):  # likewise
        if not os.environ.get(name, "1").strip().isdecimal():
            sys.exit(f"{program_name()}: environment variable {name} is {os.environ[name]!r}; expected seconds")
    if "OMP_WAIT_POLICY" not in os.environ:  # each of the others would overrule it
        for name, value in _WAITING.items():
            os.environ.setdefault(name, value)


def _without_traceback(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    library = str(error.name) if isinstance(error, ModuleNotFoundError) else "tagline"
    if library.startswith("tagline") or shows_tracebacks():
        sys.__excepthook__(kind, error, trace)
        return
    print(
        f"{program_name()}: the package {library} is not installed; `make install` sets up .venv with the extra "
        "pipeline, `source .venv/bin/activate` activates it",
        file=sys.stderr,
    )
