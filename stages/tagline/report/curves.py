"""Learning curves: what the stage train wrote for `dvc plots`, drawn once more."""

from __future__ import annotations

from tagline.artifacts.learning_curves import Rows
from tagline.report.charts import Chart, curve

# The columns that are drawn.
LOSSES = ("step", "loss")
EPOCHS = ("epoch", "f1", "loss")


def drawn(losses: Rows, epochs: Rows) -> list[Chart]:
    """A picture a curve.

    Args:
        losses: rows of LOSSES, by step; may be empty where training took few steps.
        epochs: rows of EPOCHS, by epoch.
    """
    made = [curve("Training loss", "Step", [(row["step"], row["loss"]) for row in losses])] if losses else []
    if epochs:
        f1 = [row["f1"] for row in epochs]
        made.append(curve("Validation loss", "Epoch", [(row["epoch"], row["loss"]) for row in epochs]))
        # The first of equals, as in training.
        points = [(row["epoch"], row["f1"]) for row in epochs]
        made.append(curve("Validation F1", "Epoch", points, best=f1.index(max(f1))))
    return made
