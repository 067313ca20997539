"""The state of a training run as plain values: steps, losses and scores so far."""

from dataclasses import dataclass, field
from typing import Any

SCORES = ("precision", "recall", "f1", "accuracy")


@dataclass
class History:
    """Losses and scores of a run.

    Attributes:
        steps_per_point: number of steps that a point of the loss curve averages.
        losses: points of the loss curve, ``{step, loss}``; the last one of an epoch may average fewer steps.
        epochs: ``{epoch, precision, recall, f1, accuracy, loss}`` of each epoch on validation, from 1.
        keeps_last: whether the last epoch is kept, as validation has too few entities to choose one.
    """

    steps_per_point: int
    steps: int = 0
    losses: list[dict[str, Any]] = field(default_factory=list)
    epochs: list[dict[str, Any]] = field(default_factory=list)
    since_point: list[float] = field(default_factory=list)
    since_epoch: list[float] = field(default_factory=list)
    keeps_last: bool = False

    def after_step(self, loss: float) -> None:
        self.steps += 1
        self.since_point.append(loss)
        self.since_epoch.append(loss)
        if len(self.since_point) == self.steps_per_point:
            self._close_point()

    def after_epoch(self, scores: dict[str, float]) -> bool:
        """Record the validation scores and loss of an epoch; return whether it is the best so far."""
        if self.since_point:
            self._close_point()
        self.since_epoch.clear()
        self.epochs.append({"epoch": len(self.epochs) + 1, **scores})
        return self.best is self.epochs[-1]

    @property
    def mean_loss(self) -> float:
        """The mean over the current epoch."""
        return sum(self.since_epoch) / len(self.since_epoch)

    @property
    def best(self) -> dict[str, Any]:
        """The epoch with the highest F1, on ties with the lowest loss; or the last one, see `keeps_last`."""
        if self.keeps_last:
            return self.epochs[-1]
        return max(self.epochs, key=lambda row: (row["f1"], -row["loss"]))

    def _close_point(self) -> None:
        mean = sum(self.since_point) / len(self.since_point)
        self.losses.append({"step": self.steps, "loss": round(mean, 6)})
        self.since_point.clear()
