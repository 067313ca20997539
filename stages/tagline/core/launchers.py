"""Launchers of several processes (torchrun, `accelerate launch`, MPI), by environment variables."""

import multiprocessing
import os
import sys

from tagline.terminal import UserError, quoted

# torchrun and `accelerate launch`, then three families of MPI: the names that accelerate looks for.
SIZES = ("WORLD_SIZE", "OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE")
RANKS = ("RANK", "OMPI_COMM_WORLD_RANK", "PMI_RANK", "MV2_COMM_WORLD_RANK")
LOCAL_RANKS = ("LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_RANK", "MPI_LOCALRANKID", "MV2_COMM_WORLD_LOCAL_RANK")
# What `accelerate launch` and torchrun set even for one process.
FOR_ONE = ("ACCELERATE_MIXED_PRECISION", "TORCHELASTIC_RUN_ID")
# Where the processes meet.
ADDRESS = "MASTER_ADDR"


def size() -> int:
    """The number of processes on all hosts; 1 without a launcher.

    Raises:
        UserError: the environment variable is not a number, or is 0.
    """
    number = whole_number(SIZES, 1)
    if number < 1:
        raise UserError("environment variables: a launcher's number of processes is 0; expected 1 or more; unset it")
    return number


def rank() -> int:
    """The index of this process among them, from 0.

    Raises:
        UserError: the environment variable is not a number below `size`.
    """
    number = whole_number(RANKS, 0)
    if number >= size() > 1:
        raise UserError(
            f"environment variables: process {number} of {size()} processes; expected a rank below their number, as "
            "launchers set it; unset both"
        )
    return number


def first_of_host() -> bool:
    """Whether this process is the first of its host; if the launcher does not say, of all.

    Raises:
        UserError: as in `rank`.
    """
    return whole_number(LOCAL_RANKS, rank()) == 0


def several() -> bool:
    # On TPUs torch_xla uses `multiprocessing`, and sets no environment variable.
    return size() > 1 or multiprocessing.parent_process() is not None


def launched() -> bool:
    """Whether a launcher started this process; Kubernetes and Slurm set a size of 1 without one."""
    return several() or any(name in os.environ for name in FOR_ONE)


def only_main_process(stage: str) -> None:
    """Continue in the main process, as if there were no launcher; all others print a line and exit with status 0.

    Raises:
        UserError: an environment variable of the launcher is not a number.
    """
    if size() > 1 and rank() > 0:
        print(f"{stage} runs in one process: process {rank()} of {size()} has nothing to do", flush=True)
        sys.exit(0)
    ignore()


def ignore() -> None:
    """Make libraries see a single process."""
    for name in (*SIZES, *RANKS, *LOCAL_RANKS):
        os.environ.pop(name, None)


def whole_number(names: tuple[str, ...], default: int) -> int:
    """The whole number in the first of the environment variables that is set, else the default.

    Raises:
        UserError: it is not a whole number.
    """
    for name in names:
        if name in os.environ:
            value = os.environ[name]
            if not (value.isascii() and value.isdecimal() and len(value) < 10):
                raise UserError(
                    f"environment variable {name} is {quoted(value)}; expected a whole number, as launchers set it; "
                    "unset it"
                )
            return int(value)
    return default
