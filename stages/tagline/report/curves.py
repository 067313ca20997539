"""Learning curves: charts of the values that the stage train wrote for `dvc plots`."""

from __future__ import annotations

from tagline.artifacts.learning_curves import Rows
from tagline.report.charts import Chart, curve

# The columns that are drawn.
LOSSES = ("step", "loss")
EPOCHS = ("epoch", "f1", "loss")


def learning_curves(losses: Rows, epochs: Rows, best_epoch: int) -> list[Chart]:
    """Draw the training loss, the validation loss and the validation F1.

    Args:
        losses: rows of LOSSES, by step.
        epochs: rows of EPOCHS, by epoch.
        best_epoch: the epoch whose weights were kept.
    """
    result = [curve("Training loss", "Step", [(row["step"], row["loss"]) for row in losses])] if losses else []
    if epochs:
        result.append(curve("Validation loss", "Epoch", [(row["epoch"], row["loss"]) for row in epochs]))
        points = [(row["epoch"], row["f1"]) for row in epochs]
        result.append(curve("Validation F1", "Epoch", points, best=best_epoch - 1))
    return result
