"""Start-up: what a script does before it imports libraries, which takes seconds and reads the environment."""

from __future__ import annotations

import os

from tagline.core.signals import default_sigint

# How threads that wait for each other behave, by OpenMP runtime: GNU's (PyTorch on Linux) and LLVM's (macOS, conda).
# By default they spin, so that one other busy process on the host makes each small operation wait for a whole time
# slice: training on two cores took nine times as long. Asleep, they cost nothing measurable on an idle host.
_PASSIVE = {"OMP_WAIT_POLICY": "PASSIVE", "KMP_BLOCKTIME": "0"}


def prepare_process() -> None:
    """Prepare this process: Ctrl-C ends it silently, and waiting threads sleep unless the user says otherwise."""
    default_sigint()
    for name, value in _PASSIVE.items():
        os.environ.setdefault(name, value)
