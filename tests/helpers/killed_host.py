"""train.py on a host that is killed, with its launcher, once the run has its second checkpoint."""

from __future__ import annotations

import os
import runpy
import signal
from pathlib import Path
from typing import Any

from tagline.training.checkpoints import Checkpoints

write, steps = Checkpoints.write, []


def write_and_die(self: Checkpoints, step: int, *arguments: Any) -> None:
    write(self, step, *arguments)
    steps.append(step)
    if len(steps) == 2:
        for process in (os.getppid(), os.getpid()):
            os.kill(process, signal.SIGKILL)


if __name__ == "__main__":
    Checkpoints.write = write_and_die
    runpy.run_path(str(Path(__file__).parents[2] / "stages/train.py"), run_name="__main__")
