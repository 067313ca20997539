"""The training run that both engines share; they differ only in who runs the loop."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import broadcast
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR
from transformers import PreTrainedModel

from tagline.artifacts.tokenized import Split
from tagline.hub.epoch_pushes import EpochPushes
from tagline.model.backends.xla import end_graph
from tagline.model.classifier import padding_id
from tagline.model.prediction import NonFiniteError
from tagline.terminal.errors import UserError
from tagline.terminal.escaping import shortened
from tagline.training.gradients import Gradients, Step, adamw, schedule
from tagline.training.history import History
from tagline.training.progress_lines import ProgressLines
from tagline.training.saved_run import SavedRun
from tagline.training.teacher import Teaching
from tagline.training.torch_settings import compiler_errors, eager
from tagline.training.tracking import Trackers
from tagline.training.train_params import Train
from tagline.training.training_batches import TrainingBatches
from tagline.training.validation import Validation

POINTS_PER_EPOCH = 10
# Number of steps per loss that is logged to a tracker.
TRACKED = 10
# Seconds without a checkpoint after which the next epoch ends with one, unless `checkpoint_every` is set.
INTERVAL = 60.0
# The most sentences that a message names.
NAMED = 10

T = TypeVar("T")
Made = TypeVar("Made")


class Training:
    """A fine-tuning run that continues where it was interrupted.

    An engine calls `begin`, for each step of `epoch` first `backward` and then `after_step`, after each epoch
    `after_epoch`, and `end`.

    Args:
        model: the model to train.
        train: the split to train on, with the windows of its copies (`tokenized.with_copies`).
        validation: the split that selects the epoch.
        params: the section ``train``.
        work: folder that survives interruptions, see `tagline.training.saved_run`.
        teaching: the loss of a student.

    Attributes:
        history: steps, losses and scores so far.
        best: folder of the weights of the best epoch.
        pushes: pushes the model of each epoch; only in the main process, and only if ``hub.push`` is true.
        trackers: show losses and scores while training runs.
    """

    pushes: EpochPushes | None = None

    def __init__(
        self,
        model: PreTrainedModel,
        train: Split,
        validation: Validation,
        params: Train,
        work: Path,
        teaching: Teaching | None = None,
    ) -> None:
        self.model, self.train, self.validation = model, train, validation
        self.params, self.precision, self.work = params, validation.precision, work
        self.rows = train.mapped_windows
        self.batches = TrainingBatches(self.rows.lengths, params.batches, params.seed, params.pad_to_multiple_of or 1)
        self.gradients = Gradients(self.rows, self.batches, validation.head, padding_id(model), params, teaching)
        # Steps and epochs of the run, unless early stopping ends it; max_steps may end the last epoch early.
        self.steps = min(params.epochs * self.batches.steps_per_epoch, params.max_steps or 2**62)
        self.epochs = -(-self.steps // self.batches.steps_per_epoch)
        new = History(max(1, self.batches.steps_per_epoch // POINTS_PER_EPOCH), params.early_stopping)
        self.saved = SavedRun(work, new, self.precision)
        self.history, self.best = self.saved.history, self.saved.best
        self.trackers = Trackers([])
        self._compiled = False
        # Whether a window is the first of its sentence: sentences 0 0 1 2 2 give True False True True False.
        self._begins = np.diff(self.rows.sentence, prepend=-1) != 0

    @property
    def mixed_precision(self) -> str:
        """The precision as accelerate names it; never unset, or accelerate would use a launcher's configuration."""
        return "no" if self.precision == "fp32" else self.precision

    def optimizer(self, model: nn.Module, device: torch.device) -> torch.optim.AdamW:
        return adamw(model, device, self.params)

    def schedule(self, optimizer: torch.optim.Optimizer) -> LambdaLR:
        return schedule(optimizer, self.params.schedule, self.params.warmup, self.steps)

    def begin(self, accelerator: Accelerator, schedule: LambdaLR) -> None:
        """Restore the newest checkpoint, if any; call it before the first step.

        Args:
            accelerator: the one that prepared model and optimizer.
            schedule: the optimizer's, not prepared.

        Raises:
            UserError: see `SavedRun.restore`.
        """
        self.accelerator, self._schedule = accelerator, schedule
        self._reader = LossReader(accelerator.device)
        self._lines = ProgressLines(
            self.steps, self.epochs, self.history.steps, len(self.validation.gold), shown=accelerator.is_main_process
        )
        if self.saved.restore(accelerator, schedule):
            self._lines.write(f"continuing after step {self.history.steps} of {self.steps}")
        self._checkpointed, self._checkpoint_time = self.history.steps, time.monotonic()
        self.trackers.start(self.work.name, self.history.steps, self._lines.write)

    @property
    def epochs_left(self) -> range:
        """The epochs (from 0) that are left, the first of them perhaps in part."""
        return range(len(self.history.epochs), 0 if self.history.exhausted else self.epochs)

    def epoch(self, number: int) -> Iterator[Step]:
        """The steps of an epoch (from 0) that are left, each prepared while the one before is computed."""
        self._lines.begin_epoch()
        before = number * self.batches.steps_per_epoch
        batches = self.batches.epoch(number)[: self.steps - before]

        def step(index: int) -> Step:
            return self.gradients.step(self.accelerator, before + index + 1, batches[index])

        return one_ahead(step, range(self.history.steps - before, len(batches)))

    def ends_epoch(self, step: Step) -> bool:
        """Whether a step is the last of its epoch, or of the run."""
        return step.number == self.steps or step.number % self.batches.steps_per_epoch == 0

    def backward(self, model: nn.Module, step: Step) -> Tensor:
        """Add the gradients of a step to the prepared model's, and return the loss, a float32 scalar."""
        if self.params.compile and not self._compiled:
            self._compile(model)
        return self.gradients.add(self.accelerator, model, step)

    def after_step(self, step: Step, loss: Tensor) -> None:
        """Record the loss, and write a checkpoint if it is time; call it after the optimizer step.

        Args:
            step: the step that is done.
            loss: float32 scalar on any device.

        Raises:
            UserError: the loss of this step, or on an accelerator of the step before it, is not finite.
        """
        if self.accelerator.device.type == "xla":
            end_graph()
        self._record(self._reader.push(step, loss))
        self._lines.after_step(int(np.count_nonzero(self._begins[step.batch])), self.history)
        every = self.params.checkpoint_every
        # After the last step of an epoch, the checkpoint of the epoch follows.
        if every is not None and not self.ends_epoch(step) and step.number - self._checkpointed >= every:
            self._checkpoint()

    def after_epoch(self, model: nn.Module) -> bool:
        """Validate, save the weights if they are the best so far, and print the results.

        Returns:
            Whether early stopping ends the run.

        Raises:
            UserError: a loss or a logit is not finite.
        """
        self._record(self._reader.flush())
        speed, train_loss = self._lines.end_steps(), self.history.mean_loss
        try:
            with self._lines.timed("validation"), eager() if self.params.compile else nullcontext():
                scores = self.validation.scores(self.accelerator, model, self._lines.after_validating)
        except NonFiniteError as error:
            ids = self.validation.split.sentences.select(error.sentences)["id"][:]
            raise _not_finite(
                "the validation logits are NaN or infinite", self.history.steps, len(self.history.epochs) + 1, ids
            ) from None
        if self.history.after_epoch(scores):
            with self._lines.timed("checkpoints"):
                self.saved.save_best(model)
        self._lines.after_epoch(train_loss, self.history, speed)
        self.trackers.log({f"validation/{name}": value for name, value in scores.items()}, self.history.steps)
        if self.params.hub.push:
            self._push(model)  # before the checkpoint: a run that continues from it does not repeat this epoch
        # Always after the last epoch: if what follows is interrupted, nothing is trained again.
        if not self.epochs_left or self._is_due():
            self._checkpoint()
        return self.history.exhausted

    def end(self) -> None:
        """Wait for the last checkpoint, and close the progress bar and the trackers; call it after the last epoch."""
        with self._lines.timed("checkpoints"):
            self.saved.wait()
        self._lines.close()
        self.trackers.finish()

    def _compile(self, model: nn.Module) -> None:
        """Compile the model with the first batch of the run, also when it continues.

        What is generated for a GPU may depend on the sizes of the batch with which it is compiled.
        """
        first = self.gradients.step(self.accelerator, 1, self.batches.epoch(0)[0])
        with compiler_errors():
            self.gradients.add(self.accelerator, model, first)
        model.zero_grad()
        self._compiled = True

    def _push(self, model: nn.Module) -> None:
        folder, row = self.work / "pushed-next", self.history.epochs[-1]
        self.saved.save_model(model, folder)
        if self.pushes is not None:
            self.pushes.add(row["epoch"], f"epoch {row['epoch']}: validation F1 {row['f1']:.3f}", folder)

    def _is_due(self) -> bool:
        """Whether a checkpoint follows an epoch, the same in all processes."""
        if (every := self.params.checkpoint_every) is not None:
            return self.history.steps - self._checkpointed >= every
        due = time.monotonic() - self._checkpoint_time >= INTERVAL
        return bool(broadcast(torch.tensor([due], device=self.accelerator.device)).item())

    def _checkpoint(self) -> None:
        self._record(self._reader.flush())
        with self._lines.timed("checkpoints"):
            self.saved.save(self.model, self._lines.write)
        self._checkpointed, self._checkpoint_time = self.history.steps, time.monotonic()

    def _record(self, losses: Iterator[tuple[Step, float]]) -> None:
        for step, loss in losses:
            if not np.isfinite(loss):
                sentences = np.unique(self.rows.sentence[step.batch])
                ids = self.train.sentences.select(sentences)["id"][:]
                epoch = len(self.history.epochs) + 1
                raise _not_finite(f"the training loss is {loss}", step.number, epoch, ids)
            self.history.after_step(loss)
            if self.ends_epoch(step) or step.number % TRACKED == 0:
                self.trackers.log({"train/loss": loss, "train/learning_rate": self._rate(step)}, step.number)

    def _rate(self, step: Step) -> float:
        """The learning rate of a step; the schedule is at a later one."""
        return float(self._schedule.base_lrs[0] * self._schedule.lr_lambdas[0](step.number - 1))


def _not_finite(what: str, step: int, epoch: int, ids: Sequence[str]) -> UserError:
    names = ", ".join(map(shortened, ids[:NAMED])) + (f" and {len(ids) - NAMED} more" if len(ids) > NAMED else "")
    return UserError(
        f"{what} at step {step}, epoch {epoch} (sentence{'s' * (len(ids) > 1)} {names}); lower train.learning_rate in "
        "params.yaml, and check that the encoder's weights are finite"
    )


class LossReader:
    """Returns the losses of steps in order, on an accelerator one step late.

    Reading a value from a device waits for all work that was queued before it. One step later the value has arrived,
    and meanwhile the device computes the next step.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._waiting: list[tuple[Step, Tensor, torch.cuda.Event | None]] = []

    def push(self, step: Step, loss: Tensor) -> Iterator[tuple[Step, float]]:
        """Add the loss of a step, a scalar tensor; yield the losses that can be read by now."""
        event = None
        if self.device.type == "cuda":
            loss = loss.to("cpu", non_blocking=True)
            event = torch.cuda.Event()
            event.record()
        self._waiting.append((step, loss, event))
        return self._read(0 if self.device.type == "cpu" else 1)

    def flush(self) -> Iterator[tuple[Step, float]]:
        """Yield all losses that are left."""
        return self._read(0)

    def _read(self, leave: int) -> Iterator[tuple[Step, float]]:
        while len(self._waiting) > leave:
            step, loss, event = self._waiting.pop(0)
            if event is not None:
                event.synchronize()
            yield step, loss.item()


def one_ahead(make: Callable[[T], Made], items: Iterable[T]) -> Iterator[Made]:
    """Make something of each item, in order; the next one is made while the caller uses the last.

    Args:
        make: runs in a thread; what it raises is raised here, when its item's turn has come.
        items: may be endless.
    """
    with ThreadPoolExecutor(1) as thread:
        made: Future[Made] | None = None
        for item in items:
            following = thread.submit(make, item)
            if made is not None:
                yield made.result()
            made = following
        if made is not None:
            yield made.result()
