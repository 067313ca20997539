"""Experiment trackers, which show the learning curve during training; they write outside the outs of the stage.

live/TRACKER    in the current folder; trackio has its own folder
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from accelerate.tracking import LOGGER_TYPE_TO_CLASS, GeneralTracker, get_available_trackers

from tagline.terminal import UserError, safe_message

# Names of trackers, separated by commas; each is an extra of pyproject.toml.
VARIABLE = "TAGLINE_TRACKER"
TRACKERS = ("dvclive", "tensorboard", "mlflow", "wandb", "trackio")
FOLDER = Path("live")
PROJECT = "tagline"


def requested() -> list[str]:
    """The trackers that the environment names.

    Raises:
        UserError: one is unknown or not installed.
    """
    names = [name.strip() for name in os.environ.get(VARIABLE, "").split(",") if name.strip()]
    installed = {str(name) for name in get_available_trackers()}
    for name in names:
        if name not in TRACKERS:
            raise UserError(
                f"{VARIABLE}: unknown tracker {name!r}; expected {', '.join(TRACKERS)}, or several separated by commas"
            )
        if name not in installed:
            raise UserError(f"{VARIABLE}: {name} is not installed; run `pip install -e '.[{name}]'`")
    return list(dict.fromkeys(names))


class Trackers:
    """Logs values to trackers; one that fails is reported once and not used again.

    Args:
        names: see `requested`; empty in all processes but the main one.
    """

    def __init__(self, names: list[str]) -> None:
        self.names = names
        self._running: dict[str, GeneralTracker] = {}

    def start(self, run: str, steps: int, report: Callable[[str], None]) -> None:
        """Start the trackers.

        Args:
            run: name of the run; an experiment of DVC has its own.
            steps: number of steps of earlier processes, whose curves are continued.
        """
        self._report = report
        run = os.environ.get("DVC_EXP_NAME") or run
        for name in self.names:
            self._attempt(name, self._start_one, run, steps)

    def log(self, values: Mapping[str, float], step: int) -> None:
        """Log values after a step; steps must not decrease."""
        for name in list(self._running):
            self._attempt(name, lambda name: self._running[name].log(dict(values), step=step))

    def finish(self) -> None:
        for name in list(self._running):
            self._attempt(name, lambda name: self._running.pop(name).finish())

    def _start_one(self, name: str, run: str, steps: int) -> None:
        # `Accelerator.init_trackers` starts all trackers at once: one failure would stop all.
        tracker: GeneralTracker = LOGGER_TYPE_TO_CLASS[name](**_options(name, run, steps))
        tracker.start()
        self._running[name] = tracker

    def _attempt(self, name: str, action: Callable[..., None], *arguments: object) -> None:
        try:
            action(name, *arguments)
        except Exception as error:  # of any type, by library; without a network for example
            self._running.pop(name, None)
            first_line = safe_message(str(error)).strip().partition("\n")[0]
            reason = first_line.rstrip(".") or type(error).__name__
            self._report(f"{name}: {reason}; training continues without this tracker")


def _options(name: str, run: str, steps: int) -> dict[str, Any]:
    folder = FOLDER / name
    if name == "dvclive":  # without a dvc.yaml and an experiment of its own
        return {"dir": str(folder), "dvcyaml": None, "save_dvc_exp": False, "resume": steps > 0}
    if name == "tensorboard":  # hide what was logged after the checkpoint, or by an earlier run of the same name
        return {"logging_dir": folder, "run_name": run, "purge_step": steps + 1}
    if name == "mlflow":
        folder.mkdir(parents=True, exist_ok=True)
        os.environ.setdefault("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/mlflow.db")
        return {"experiment_name": PROJECT, "run_name": run}
    if name == "wandb":
        FOLDER.mkdir(exist_ok=True)
        return {"run_name": os.environ.get("WANDB_PROJECT", PROJECT), "name": run, "dir": str(FOLDER)}
    return {"run_name": PROJECT, "name": run}
