"""Launchers: whether one started this process, and as which of how many, by what it left in the environment."""

from __future__ import annotations

import multiprocessing
import os

from tagline.core.errors import UserError

# Of torchrun and `accelerate launch`, and of three families of MPI: the names that accelerate looks for.
SIZES = ("WORLD_SIZE", "OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE")
RANKS = ("RANK", "OMPI_COMM_WORLD_RANK", "PMI_RANK", "MV2_COMM_WORLD_RANK")
# What `accelerate launch` sets even for one process.
OF_ACCELERATE = "ACCELERATE_MIXED_PRECISION"


def size() -> int:
    """How many processes the launcher started, on all hosts; 1 without one."""
    return _number(SIZES, 1)


def rank() -> int:
    """Which of them this one is, from 0."""
    return _number(RANKS, 0)


def several() -> bool:
    """Whether the launcher started others too."""
    # On TPUs torch_xla does it by `multiprocessing`, and nothing in the environment says so.
    return size() > 1 or multiprocessing.parent_process() is not None


def launched() -> bool:
    """Whether a launcher started this process."""
    return several() or any(name in os.environ for name in (*SIZES, OF_ACCELERATE))


def refuse(stage: str) -> None:
    """Raise a `UserError` where a launcher started several processes of a stage that is one."""
    if size() > 1:
        raise UserError(f"{stage} is one process, a launcher started {size()}: run it without one")


def _number(names: tuple[str, ...], otherwise: int) -> int:
    return next((int(os.environ[name]) for name in names if name in os.environ), otherwise)
