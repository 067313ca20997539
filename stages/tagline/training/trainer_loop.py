"""The engine ``trainer``: transformers' Trainer runs the steps of a `Training`."""

from collections.abc import Iterator
from typing import Any, cast

import torch
from accelerate import PartialState
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments

from tagline.training.gradients import Step
from tagline.training.training import Training


def run(training: Training) -> None:
    params = training.params
    arguments = TrainingArguments(
        output_dir=str(training.work),
        max_steps=training.steps - training.history.steps,
        max_grad_norm=params.max_grad_norm or 0.0,
        seed=params.seed,
        bf16=training.precision == "bf16",
        fp16=training.precision == "fp16",
        use_cpu=PartialState().device.type == "cpu",
        accelerator_config={"use_configured_state": True},
        ddp_find_unused_parameters=False,
        eval_strategy="no",  # `Training.after_epoch` validates
        save_strategy="no",
        logging_strategy="no",
        disable_tqdm=True,
        report_to="none",
    )
    arguments.mixed_precision = training.mixed_precision
    # Several GPUs are several processes; in one process Trainer would use DataParallel.
    arguments._n_gpu = min(arguments.n_gpu, 1)
    StepTrainer(training, arguments).train()
    training.end()


class StepTrainer(Trainer):
    """Trainer that takes the steps of a `Training`."""

    def __init__(self, training: Training, arguments: TrainingArguments) -> None:
        self.training = training
        super().__init__(model=training.model, args=arguments, callbacks=[TrainingCallback(self)])
        self.remove_callback(PrinterCallback)  # it prints dictionaries; `ProgressLines` prints lines

    def get_train_dataloader(self) -> DataLoader[Any]:
        return cast(DataLoader[Any], Steps(self.training))

    def create_optimizer(self, model: nn.Module | None = None) -> torch.optim.Optimizer:
        self.optimizer = self.training.optimizer(self.args.device)
        return self.optimizer

    def create_scheduler(self, num_training_steps: int, optimizer: torch.optim.Optimizer | None = None) -> LambdaLR:
        schedule = self.training.schedule(optimizer or self.optimizer)  # type: ignore[arg-type]  # it was created
        self.lr_scheduler = schedule
        return schedule

    def training_step(
        self, model: nn.Module, inputs: dict[str, Any], num_items_in_batch: Tensor | int | None = None
    ) -> Tensor:
        model.train()
        step: Step = inputs["step"]
        loss = self.training.backward(model, step)
        self.computed = (step, loss)
        return loss

    def floating_point_ops(self, inputs: dict[str, Any]) -> int:
        return 0  # not used, and Trainer can't read the sub-words of a `Step`


class TrainingCallback(TrainerCallback):
    """Calls the `Training` at Trainer's events."""

    def __init__(self, trainer: StepTrainer) -> None:
        self.trainer = trainer

    def on_train_begin(self, *_: Any, **__: Any) -> None:
        self.trainer.training.begin(self.trainer.accelerator, cast(LambdaLR, self.trainer.lr_scheduler))

    def on_step_end(self, *_: Any, **__: Any) -> None:
        step, loss = self.trainer.computed
        self.trainer.training.after_step(step, loss)
        if self.trainer.training.ends_epoch(step):
            self.trainer.training.after_epoch(self.trainer.model_wrapped)


class Steps:
    """Trainer's data loader: its only epoch has all steps that are left, each as one batch.

    So Trainer need not know where the run continues.
    """

    def __init__(self, training: Training) -> None:
        self.training = training

    def __len__(self) -> int:
        return self.training.steps - self.training.history.steps

    def __iter__(self) -> Iterator[dict[str, Step]]:
        for epoch in self.training.epochs_left:
            for step in self.training.epoch(epoch):
                yield {"step": step}
