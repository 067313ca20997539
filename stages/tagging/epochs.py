"""What a person sees of a training run: a bar on a terminal, and one line an epoch everywhere."""

from __future__ import annotations

import math
from typing import Any

from tqdm import tqdm
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from tagging.faults import Fault


class EpochLines(TrainerCallback):
    """Trainer's progress: steps as a bar, and after each epoch its losses and validation scores."""

    def __init__(self) -> None:
        self.bar: tqdm[Any] | None = None
        self.losses: list[float] = []

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if state.is_world_process_zero:
            self.bar = tqdm(total=state.max_steps, desc="train", unit=" steps", disable=None)

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        if self.bar is not None:
            self.bar.update(state.global_step - self.bar.n)

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **kwargs: Any,
    ) -> None:
        if logs and "loss" in logs:
            _check_finite(logs["loss"], "train", state)
            self.losses.append(logs["loss"])

    def on_evaluate(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        metrics: dict[str, float] | None = None,
        **kwargs: Any,
    ) -> None:
        if self.bar is None or metrics is None or state.epoch is None:
            return
        _check_finite(metrics["eval_loss"], "validation", state)
        mean = sum(self.losses) / max(1, len(self.losses))
        self.losses.clear()
        self.bar.write(
            f"epoch {round(state.epoch)}/{round(args.num_train_epochs)}: train loss {mean:.4f}, "
            f"validation loss {metrics['eval_loss']:.4f}, precision {metrics['eval_precision']:.3f}, "
            f"recall {metrics['eval_recall']:.3f}, F1 {metrics['eval_f1']:.3f}"
        )

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if self.bar is not None:
            self.bar.close()


def _check_finite(loss: float, split: str, state: TrainerState) -> None:
    if not math.isfinite(loss):
        raise Fault(
            f"the {split} loss is {loss} after step {state.global_step}: lower train.learning_rate in params.yaml, and "
            "see that the encoder's weights are finite and that words of the split have labels"
        )
