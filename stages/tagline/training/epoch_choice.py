"""What a finished run says of the epoch that validation chose."""

from collections.abc import Sequence

from tagline.core import FEW_ENTITIES
from tagline.training.history import History

# A last epoch that is better by less is common at the end of the schedule.
RISE = 0.01


def last_rise(f1: Sequence[float]) -> float:
    """How much higher the last epoch's F1 is than all others; 0 if by less than `RISE`."""
    *earlier, last = f1
    rise = last - max(earlier, default=last)
    return rise if rise >= RISE else 0.0


def remarks(history: History, number: int, unit: str, key: str | None) -> str | None:
    """Say in one line that more steps may help, or that validation is too small to choose an epoch.

    Args:
        number: of gold entities of validation, or of words if tags are plain.
        key: the param of train that adds steps; None: the run was a trial.
    """
    parts = []
    rise = last_rise([row["f1"] for row in history.epochs])
    if key and rise:
        parts.append(f"F1 rose by {rise:.3f} in the last epoch, so that more steps may help (train.{key})")
    if history.keeps_last:
        parts.append(
            f"the last epoch is kept, since {number} {unit} are too few to choose one (below {FEW_ENTITIES}); F1 "
            f"{history.best['f1']:.3f} is mostly noise"
        )
    return f"validation: {'; '.join(parts)}" if parts else None
