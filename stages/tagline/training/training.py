"""The training run that both engines share; they differ only in who runs the loop.

Options are its parts (`tagline.training.parts`); losses are in `tagline.training.gradients`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from accelerate import Accelerator
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR
from transformers import PreTrainedModel

from tagline.artifacts.tokenized import Split
from tagline.core import FEW_ENTITIES
from tagline.model.backends.xla import end_graph
from tagline.model.classifier import padding_id
from tagline.model.prediction import NonFiniteError
from tagline.terminal import UserError, shortened, some
from tagline.training.gradients import Gradients, Objective, Step, adamw, schedule
from tagline.training.history import History
from tagline.training.learning_rate import OF_HEAD, fitting_rate
from tagline.training.progress_lines import ProgressLines
from tagline.training.saved_run import SavedRun
from tagline.training.train_params import Train
from tagline.training.training_batches import TrainingBatches
from tagline.training.validation import Validation

POINTS_PER_EPOCH = 10
# The most sentences that a message names.
NAMED = 10

T = TypeVar("T")
Made = TypeVar("Made")


class Part:
    """Something that accompanies a run and changes no gradient, such as checkpoints; it overrides what it needs.

    All processes call the parts of a run in the order of its list.
    """

    def begin(self, training: "Training") -> None:
        """Prepare for the first step, or for the first one after the checkpoint."""
        self.training = training

    def after_loss(self, step: Step, loss: float) -> None:
        """Read the loss of a step: before its `after_step`, on an accelerator before that of the next step."""

    def after_step(self, step: Step) -> None:
        """Act after an optimizer step."""

    def after_epoch(self, model: nn.Module) -> None:
        """Act after the validation of an epoch; the model is a prepared one."""

    def end(self) -> None:
        """Finish after the last epoch."""


class Training:
    """A fine-tuning run that continues where it was interrupted.

    An engine calls `begin`, for each step of `epoch` first `backward` and then `after_step`, after each epoch
    `after_epoch`, and `end`.

    Args:
        train: the split to train on, with the windows of its copies (`tokenized.with_copies`).
        work: folder that survives interruptions, see `tagline.training.saved_run`.

    Attributes:
        planned_steps: the number of steps without `max_steps`.
        peak_rate: the highest learning rate.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        train: Split,
        validation: Validation,
        params: Train,
        work: Path,
        objectives: Sequence[Objective],
        parts: Sequence[Part],
    ) -> None:
        self.model = model
        self.train = train
        self.validation = validation
        self.params = params
        self.precision = validation.precision
        self.work = work
        self.parts = parts
        self.rows = train.mapped_windows
        # A trial that max_steps ends before has as many validations as without min_steps.
        least = min(params.min_steps, params.max_steps or params.min_steps)
        self.batches = TrainingBatches(
            self.rows.lengths,
            params.batches,
            params.seed,
            params.pad_to_multiple_of or 1,
            least,
            params.epochs,
        )
        self.planned_steps = self.batches.passes_for(params.min_steps) * self.batches.steps_per_pass
        self.fitting_rate = fitting_rate(model.config, self.batches, self.planned_steps)
        self.peak_rate = self.fitting_rate if params.learning_rate == "auto" else params.learning_rate
        of_head = params.head_learning_rate
        self.head_rate = OF_HEAD * self.peak_rate if of_head == "auto" else of_head
        padding = padding_id(model)
        self.gradients = Gradients(self.rows, self.batches, validation.head, padding, params, objectives)
        # Steps and epochs of the run; max_steps may end the last epoch early.
        ends = [self.batches.steps_before(number + 1) for number in range(params.epochs)]
        self.steps = min(ends[-1], params.max_steps or ends[-1])
        self.ends = [end for end in ends if end < self.steps] + [self.steps]
        self.epochs = len(self.ends)
        steps_per_point = max(1, ends[-1] // params.epochs // POINTS_PER_EPOCH)
        new = History(steps_per_point, keeps_last=validation.number < FEW_ENTITIES)
        self.saved = SavedRun(work, new, self.precision)
        self.history = self.saved.history
        self.best = self.saved.best

    @property
    def mixed_precision(self) -> str:
        """The precision as accelerate names it; if unset, accelerate would use a launcher's configuration."""
        return "no" if self.precision == "fp32" else self.precision

    def optimizer(self, device: torch.device) -> torch.optim.AdamW:
        params = self.params
        return adamw(self.model, device, params.weight_decay, self.peak_rate, self.head_rate, params.layer_decay)

    def schedule(self, optimizer: torch.optim.Optimizer) -> LambdaLR:
        return schedule(optimizer, self.params.schedule, self.params.warmup, self.steps)

    def begin(self, accelerator: Accelerator, schedule: LambdaLR) -> None:
        """Restore the newest checkpoint, if any; call it before the first step."""
        self.accelerator = accelerator
        self._schedule = schedule
        self._reader = LossReader(accelerator.device)
        words = len(self.validation.gold)
        self.lines = ProgressLines(self.steps, self.epochs, self.history.steps, words, accelerator.is_main_process)
        if self.saved.restore(accelerator, schedule):
            self.lines.write(f"continuing after step {self.history.steps} of {self.steps}")
        for part in self.parts:
            part.begin(self)

    @property
    def epochs_left(self) -> range:
        """The epochs (from 0) that are left; the first may be partly done."""
        done = len(self.history.epochs)
        return range(done, self.epochs)

    def epoch(self, number: int) -> Iterator[Step]:
        """The steps of an epoch (from 0) that are left, each prepared while the one before is computed."""
        self.lines.begin_epoch()
        before = self.batches.steps_before(number)
        batches = self.batches.epoch(number)[: self.steps - before]

        def step(index: int) -> Step:
            return self.gradients.step(self.accelerator, before + index + 1, batches[index])

        return one_ahead(step, range(self.history.steps - before, len(batches)))

    def ends_epoch(self, step: Step) -> bool:
        """Whether a step is the last of its epoch or run."""
        return step.number in self.ends

    def learning_rate(self, step: Step) -> float:
        """The rate of a step; the schedule is already at a later one."""
        return float(self._schedule.base_lrs[0] * self._schedule.lr_lambdas[0](step.number - 1))

    def backward(self, model: nn.Module, step: Step) -> Tensor:
        """Add the gradients of a step to the prepared model's; return the loss, a float32 scalar."""
        return self.gradients.add(self.accelerator, model, step)

    def after_step(self, step: Step, loss: Tensor) -> None:
        """Record the loss, a float32 scalar, and call the parts; call it after the optimizer step.

        Raises:
            UserError: the loss of this step, or on an accelerator of the step before it, is not finite.
        """
        if self.accelerator.device.type == "xla":
            end_graph()
        self._record(self._reader.push(step, loss))
        self.lines.after_step(self.history)
        for part in self.parts:
            part.after_step(step)

    def after_epoch(self, model: nn.Module) -> None:
        """Validate, save the weights if they are the best so far, print the results, and call the parts.

        Raises:
            UserError: a loss or a logit is not finite.
        """
        self.record_losses()
        self.lines.end_steps()
        train_loss = self.history.mean_loss
        if self.history.after_epoch(self._validate(model)):
            with self.lines.timed("checkpoints"):
                self.saved.save_best(model)
        self.lines.after_epoch(train_loss, self.history)
        for part in self.parts:
            part.after_epoch(model)

    def end(self) -> None:
        self.lines.close()
        for part in self.parts:
            part.end()

    def record_losses(self) -> None:
        """Record the losses of all steps so far, for which an accelerator has to wait."""
        self._record(self._reader.flush())

    def _validate(self, model: nn.Module) -> dict[str, float]:
        try:
            with self.lines.timed("validation"):
                return self.validation.scores(self.accelerator, model, self.lines.after_validating)
        except NonFiniteError as error:
            ids = self.validation.split.sentences.select(error.sentences)["id"][:]
            epoch = len(self.history.epochs) + 1
            raise _not_finite("the validation logits are NaN or infinite", self.history.steps, epoch, ids) from None

    def _record(self, losses: Iterator[tuple[Step, float]]) -> None:
        for step, loss in losses:
            if not np.isfinite(loss):
                sentences = np.unique(self.rows.sentence[step.batch])
                ids = self.train.sentences.select(sentences)["id"][:]
                epoch = len(self.history.epochs) + 1
                raise _not_finite(f"the training loss is {loss}", step.number, epoch, ids)
            self.history.after_step(loss)
            for part in self.parts:
                part.after_loss(step, loss)


def _not_finite(what: str, step: int, epoch: int, ids: Sequence[str]) -> UserError:
    names = some([*map(shortened, ids)], NAMED)
    noun = "sentence" if len(ids) == 1 else "sentences"
    return UserError(
        f"{what} at step {step}, epoch {epoch} ({noun} {names}); lower train.learning_rate in params.yaml, and check "
        "that the encoder's weights are finite"
    )


class LossReader:
    """Returns the losses of steps in order, on an accelerator one step late.

    Reading a value at once would wait for all queued work.
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
        make: runs in a thread; its errors are raised here, when the item's turn has come.
        items: may be endless.
    """
    with ThreadPoolExecutor(1) as thread:
        ready: Future[Made] | None = None
        for item in items:
            following = thread.submit(make, item)
            if ready is not None:
                yield ready.result()
            ready = following
        if ready is not None:
            yield ready.result()
