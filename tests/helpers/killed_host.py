"""train.py on a host that is killed, with its launcher, when the first host writes the second checkpoint."""

import os
import runpy
import signal
from pathlib import Path
from typing import Any

from tagline.training.saved_run import SavedRun

save, saved = SavedRun.save, []


def save_and_die(self: SavedRun, *arguments: Any) -> None:
    save(self, *arguments)
    saved.append(self.history.steps)
    if len(saved) == 2:
        for process in (os.getppid(), os.getpid()):
            os.kill(process, signal.SIGKILL)


if __name__ == "__main__":
    SavedRun.save = save_and_die
    runpy.run_path(str(Path(__file__).parents[2] / "stages/train.py"), run_name="__main__")
