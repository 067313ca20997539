"""Training: what both engines have in common, so that they differ in who runs the loop and in nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from accelerate import Accelerator
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR
from transformers import PreTrainedModel

from tagline.artifacts.tokenized import Split
from tagline.core.errors import UserError
from tagline.model.precision import Resolved
from tagline.model.prediction import NonFiniteError
from tagline.training import optimization
from tagline.training.checkpoints import CheckpointError
from tagline.training.epoch_pushes import EpochPushes
from tagline.training.epochs import EpochLines
from tagline.training.gradients import Gradients
from tagline.training.learning import Learning
from tagline.training.losses import LossReader
from tagline.training.params import Train
from tagline.training.saved_run import SavedRun
from tagline.training.training_batches import Ints, TrainingBatches
from tagline.training.training_rows import TrainingRows
from tagline.training.validation import Validation
from tagline.training.xla import cut

POINTS_PER_EPOCH = 10
# Most sentences that a message names.
NAMED = 10


class Step(NamedTuple):
    """An optimizer step.

    Attributes:
        number: among all, from 1.
        epoch: from 1.
        batch: its windows, of all processes.
        last: of its epoch.
    """

    number: int
    epoch: int
    batch: Ints
    last: bool


class Training:
    """A fine-tuning run, which goes on where it was interrupted.

    Args:
        model: what is trained.
        train: the split that it learns from.
        validation: the split that chooses the epoch.
        params: the section ``train``.
        precision: number format of matrix products.
        work: the folder that is kept until the run is over, interruptions or not; see `tagline.training.saved_run`.

    Attributes:
        learning: how far the run has come.
        best: the folder of the best epoch's weights.
        pushes: takes each epoch's model, in one of the processes where ``hub.push`` is on.
    """

    pushes: EpochPushes | None = None

    def __init__(
        self,
        model: PreTrainedModel,
        train: Split,
        validation: Validation,
        params: Train,
        precision: Resolved,
        work: Path,
    ) -> None:
        self.model, self.train, self.validation = model, train, validation
        self.params, self.precision, self.work = params, precision, work
        self.rows = TrainingRows(train.windows)
        self.batches = TrainingBatches(self.rows.lengths, params.batches, params.seed, params.pad_to_multiple_of or 1)
        self.gradients = Gradients(self.rows, self.batches, validation.head, params, model.config.pad_token_id or 0)
        # How many steps the run has, unless patience ends it, and how many epochs that are, the last perhaps cut short.
        self.steps = min(params.epochs * self.batches.steps_per_epoch, params.max_steps or 2**62)
        self.epochs = -(-self.steps // self.batches.steps_per_epoch)
        new = Learning(max(1, self.batches.steps_per_epoch // POINTS_PER_EPOCH), params.early_stopping)
        self.saved = SavedRun(work, new, precision)
        self.learning, self.best = self.saved.learning, self.saved.best
        # The windows with which a sentence begins.
        self._begins = np.diff(self.rows.sentence, prepend=-1) != 0

    @property
    def mixed_precision(self) -> str:
        """The precision as accelerate names it; said outright, since a launcher's configuration would fill a gap."""
        return "no" if self.precision == "fp32" else self.precision

    def optimizer(self, model: nn.Module, device: torch.device) -> torch.optim.AdamW:
        return optimization.adamw(model, self.params, device)

    def schedule(self, optimizer: torch.optim.Optimizer) -> LambdaLR:
        return optimization.schedule(optimizer, self.params, self.steps)

    def begin(self, accelerator: Accelerator, schedule: LambdaLR) -> None:
        """Take up the run; to be called before the first step.

        Args:
            accelerator: that prepared model and optimizer.
            schedule: of that optimizer, not prepared.

        Raises:
            UserError: see `SavedRun.restore`.
        """
        self.accelerator = accelerator
        self._reader = LossReader[Step](accelerator.device)
        self._lines = EpochLines(self.steps, self.epochs, self.learning.steps, shown=accelerator.is_main_process)
        if self.saved.restore(accelerator, schedule):
            self._lines.tell(f"going on after step {self.learning.steps} of {self.steps}")
        self._kept = self.learning.steps

    @property
    def epochs_left(self) -> range:
        """The epochs (from 0) that are to come, the first of them perhaps in part."""
        return range(len(self.learning.epochs), 0 if self.learning.exhausted else self.epochs)

    def epoch(self, number: int) -> Iterator[Step]:
        """The steps of an epoch (from 0) that are to come."""
        self._lines.begin_epoch()
        before = number * self.batches.steps_per_epoch
        batches = self.batches.epoch(number)[: self.steps - before]
        for place in range(self.learning.steps - before, len(batches)):
            yield Step(before + place + 1, number + 1, batches[place], last=place + 1 == len(batches))

    def backward(self, model: nn.Module, step: Step) -> Tensor:
        """Add the gradients of a step to the model's, which the accelerator prepared, and give its loss."""
        return self.gradients.add(self.accelerator, model, step.number, step.batch)

    def after_step(self, step: Step, loss: Tensor) -> None:
        """To be called once the weights are updated.

        Raises:
            UserError: the loss of this step, or on an accelerator of the one before, is not finite.
        """
        cut(self.accelerator.device)
        self._take(self._reader.push(step, loss))
        self._lines.after_step(int(np.count_nonzero(self._begins[step.batch])))
        every = self.params.checkpoint_every
        # That of an epoch's last step would be superseded at once.
        if every is not None and not step.last and step.number - self._kept >= every:
            self._keep()

    def after_epoch(self, model: nn.Module) -> bool:
        """Validate, keep the weights if they are the best so far, and say how it went.

        Returns:
            Whether patience ends the run here.

        Raises:
            UserError: a loss is not finite.
        """
        self._take(self._reader.flush())
        speed, train_loss = self._lines.end_steps(), self.learning.mean_loss
        try:
            scores = self.validation.scores(self.accelerator, model)
        except NonFiniteError as fault:
            ids = self.validation.split.sentences.select(fault.sentences)["id"][:]
            raise _not_finite(
                "validation's scores are no numbers", self.learning.steps, len(self.learning.epochs) + 1, ids
            ) from None
        if self.learning.after_epoch(scores):
            self.saved.save_best(model)
        self._lines.after_epoch(train_loss, self.learning, speed)
        if self.params.hub.push:
            self._push(model)  # before the checkpoint, after which this epoch is not done again
        # The last one always: a run that is over is not trained again when what follows is interrupted.
        if not self.epochs_left or self.learning.steps - self._kept >= (self.params.checkpoint_every or 0):
            self._keep()
        return self.learning.exhausted

    def end(self) -> None:
        """To be called after the last epoch."""
        self._lines.close()

    def _push(self, model: nn.Module) -> None:
        folder, row = self.work / "pushed-next", self.learning.epochs[-1]
        self.saved.save_model(model, folder)
        if self.pushes is not None:
            self.pushes.add(row["epoch"], f"epoch {row['epoch']}: validation F1 {row['f1']:.3f}", folder)

    def _keep(self) -> None:
        self._take(self._reader.flush())
        self._kept = self.learning.steps
        try:
            self.saved.save()
        except CheckpointError as fault:
            self._lines.tell(f"no checkpoint of step {self._kept} ({fault}): training goes on, earlier ones are intact")

    def _take(self, losses: Iterator[tuple[Step, float]]) -> None:
        for step, loss in losses:
            if not np.isfinite(loss):
                sentences = np.unique(self.rows.sentence[step.batch])
                ids = self.train.sentences.select(sentences)["id"][:]
                raise _not_finite(f"the train loss is {loss}", step.number, step.epoch, ids)
            self.learning.after_step(loss)


def _not_finite(what: str, step: int, epoch: int, ids: Sequence[str]) -> UserError:
    named = ", ".join(ids[:NAMED]) + (f" and {len(ids) - NAMED} more" if len(ids) > NAMED else "")
    return UserError(
        f"{what} at step {step}, epoch {epoch}, in the sentence{'s' * (len(ids) > 1)} {named}: lower "
        "train.learning_rate in params.yaml, and see that the encoder's weights are finite"
    )
