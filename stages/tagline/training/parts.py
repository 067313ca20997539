"""The parts of a training run: trackers, advice, pushes of each epoch, checkpoints."""

import math
import time

import torch
from accelerate.utils import broadcast
from torch import nn

from tagline.hub.epoch_pushes import EpochPushes
from tagline.training.gradients import Step
from tagline.training.tracking import Trackers
from tagline.training.train_params import Train
from tagline.training.training import Part, Training

# Number of steps per loss that is logged to a tracker.
TRACKED = 10
# Seconds without a checkpoint after which the next epoch ends with one, unless `checkpoint_every` is set.
INTERVAL = 120.0
# Steps, or else half of all epochs, after which a validation F1 of 0 is reported. With good rates it was above 0 after
# 26 to 78 steps of 100 and 200 sentences.
ENOUGH_STEPS = 300


class Tracked(Part):
    """Logs losses, learning rates and validation scores to trackers."""

    def __init__(self, trackers: Trackers) -> None:
        self.trackers = trackers

    def begin(self, training: Training) -> None:
        super().begin(training)
        self.trackers.start(training.work.name, training.history.steps, training.lines.write)

    def after_loss(self, step: Step, loss: float) -> None:
        if self.training.ends_epoch(step) or step.number % TRACKED == 0:
            values = {"train/loss": loss, "train/learning_rate": self.training.learning_rate(step)}
            self.trackers.log(values, step.number)

    def after_epoch(self, model: nn.Module) -> None:
        history = self.training.history
        values = {f"validation/{name}": value for name, value in history.epochs[-1].items() if name != "epoch"}
        self.trackers.log(values, history.steps)

    def end(self) -> None:
        self.trackers.finish()


class Stuck(Part):
    """Says once what may help if the validation F1 stays 0 for some epochs."""

    def begin(self, training: Training) -> None:
        super().begin(training)
        enough = math.ceil(ENOUGH_STEPS * training.epochs / training.steps)
        self._epoch = max(2, min(enough, math.ceil(training.epochs / 2)))

    def after_epoch(self, model: nn.Module) -> None:
        history = self.training.history
        # Of few entities, all may be wrong whatever the params are.
        if len(history.epochs) != self._epoch or any(row["f1"] for row in history.epochs) or history.keeps_last:
            return
        rate, fitting = self.training.peak_rate, self.training.fitting_rate
        steps = f"train.{self.training.batches.steps_param}"
        remedy = f"raise {steps} or train.learning_rate"
        if rate > fitting:
            remedy = f"lower train.learning_rate ({rate:g}; auto is {fitting:g}), or raise {steps}"
        self.training.lines.write(f"validation F1 is still 0 after {history.steps} steps; {remedy}")


class Pushed(Part):
    """Pushes the model of each epoch.

    Args:
        pushes: in the main process; the others help to collect the weights.
    """

    def __init__(self, pushes: EpochPushes | None) -> None:
        self.pushes = pushes

    def after_epoch(self, model: nn.Module) -> None:
        folder = self.training.work / "pushed-next"
        self.training.saved.save_model(model, folder)
        if self.pushes is not None:
            row = self.training.history.epochs[-1]
            self.pushes.add(row["epoch"], f"epoch {row['epoch']}: validation F1 {row['f1']:.3f}", folder)


class Checkpointed(Part):
    """Writes checkpoints.

    Args:
        every: number of steps; None: after epochs, at most one in `INTERVAL`.
    """

    def __init__(self, every: int | None) -> None:
        self.every = every

    def begin(self, training: Training) -> None:
        super().begin(training)
        self._remember()

    def after_step(self, step: Step) -> None:
        # After the last step of an epoch, the checkpoint of the epoch follows.
        if self.every is not None and not self.training.ends_epoch(step) and step.number - self._step >= self.every:
            self._write()

    def after_epoch(self, model: nn.Module) -> None:
        # Always after the last epoch: if what follows is interrupted, nothing is trained again.
        if not self.training.epochs_left or self._is_due():
            self._write()

    def _is_due(self) -> bool:
        """Whether a checkpoint follows an epoch, the same in all processes."""
        if self.every is not None:
            return self.training.history.steps - self._step >= self.every
        due = time.monotonic() - self._time >= INTERVAL
        return bool(broadcast(torch.tensor([due], device=self.training.accelerator.device)).item())

    def _write(self) -> None:
        self.training.record_losses()
        with self.training.lines.timed("checkpoints"):
            self.training.saved.save(self.training.model, self.training.lines.write)
        self._remember()

    def _remember(self) -> None:
        self._step = self.training.history.steps
        self._time = time.monotonic()


def parts_of_run(params: Train, trackers: Trackers, pushes: EpochPushes | None) -> list[Part]:
    """The parts that the params ask for, in the order of their calls; the main process may have pushes."""
    parts: list[Part] = [Tracked(trackers), Stuck()]
    if params.hub.push:
        parts.append(Pushed(pushes))
    # Last, so that a run that continues from a checkpoint does not repeat what the others did after an epoch.
    parts.append(Checkpointed(params.checkpoint_every))
    return parts
