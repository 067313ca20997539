"""Processes of a training run, one per device of one or more hosts.

The user's launcher starts them (`accelerate launch`, torchrun, MPI), or this module starts accelerate's launcher.
"""

import hashlib
import os
import sys
from pathlib import Path

import torch
from accelerate import PartialState
from accelerate.commands import launch
from accelerate.commands.config.config_args import default_config_file
from accelerate.utils import DistributedType, gather, parse_flag_from_env

from tagline.core import launchers
from tagline.model.backends import xla
from tagline.model.precision import Resolved
from tagline.terminal import UserError
from tagline.training.failing import exit_like

# Modes of accelerate in which no process has all weights.
SHARDED = (DistributedType.FSDP, DistributedType.DEEPSPEED, DistributedType.MEGATRON_LM)


def relaunch_on_all_devices() -> None:
    """With several devices, run this script once per device by accelerate's launcher, and exit with their status.

    The launcher follows `accelerate config`, also with one device. Returns if there is nothing to launch.

    Raises:
        UserError: accelerate's configuration is invalid, or its hosts can't connect.
    """
    if launchers.launched():
        return
    launchers.ignore()  # Kubernetes and Slurm set a size of 1; a shell may have a lone LOCAL_RANK
    options = [f"--log_dir={os.devnull}", *sys.argv]
    devices = device_count()
    if Path(default_config_file).is_file():
        exit_like(lambda: _launch(options))
    if devices > 1:
        # Each process gets its share of the cores, unless the user sets the number of threads.
        os.environ.setdefault("OMP_NUM_THREADS", str(max(1, torch.get_num_threads() // devices)))
        exit_like(lambda: _launch(["--main_process_port=0", *options]))


def _launch(options: list[str]) -> None:
    try:
        launch.launch_command(launch.launch_command_parser().parse_args(options))
    except (ValueError, ImportError, ConnectionError) as error:
        raise UserError(
            f"{default_config_file}: accelerate can't launch with this configuration: {error}; expected one of "
            "several GPUs or hosts with whole weights; run `accelerate config`, or delete the file"
        ) from None


def override_configuration() -> None:
    """Override `accelerate config` where params decide."""
    os.environ["ACCELERATE_DYNAMO_BACKEND"] = "no"


def device_count() -> int:
    """The number of devices of this host; 0 for a CPU, and for a TPU, which has its own launcher."""
    if parse_flag_from_env("ACCELERATE_USE_CPU") or xla.available():
        return 0
    return torch.accelerator.device_count()


def join() -> PartialState:
    """Connect to the other processes of the launcher, if any.

    Raises:
        UserError: the processes can't connect or can't work together on these devices, or weights would be sharded.
    """
    for mode in SHARDED:
        variable = f"ACCELERATE_USE_{mode.value}"
        if parse_flag_from_env(variable):  # as `accelerate launch` sets it
            raise UserError(
                f"environment variable {variable}: {mode.value} shards weights among processes; expected whole weights "
                "in each process; choose multi-GPU without it in `accelerate config`, or launch without it"
            )
    size = launchers.size()
    launchers.rank()  # checked
    if size == 1 and launchers.ADDRESS not in os.environ:
        launchers.ignore()
    try:
        state = PartialState(cpu=device_count() == 0)
    except ValueError as error:
        raise UserError(
            f"environment variables: {size} processes can't connect ({error}); expected WORLD_SIZE, RANK, "
            f"{launchers.ADDRESS} and MASTER_PORT, as a launcher sets them; unset WORLD_SIZE to train in one process"
        ) from None
    if state.num_processes < size:
        raise UserError(
            f"a launcher started {size} processes, which can't work together on {state.device.type}; "
            "expected one process; run train without the launcher"
        )
    return state


def agree(text: str) -> bool:
    """Whether all processes pass the same text; all must call it."""
    state = PartialState()
    digest = list(hashlib.sha256(text.encode()).digest())
    digests = gather(torch.tensor([digest], device=state.device))
    return bool((digests == digests[0]).all())


def check_agreement(run: str, precision: Resolved) -> None:
    """Raise a `UserError` if hosts would train different models: their average would look like a result."""
    if not agree(run):
        raise UserError(
            "params.yaml, code, data/tokenized or models/pretrained differ between the hosts of this run; expected the "
            "same commit and data; run `git pull` and `dvc pull` on each"
        )
    if not agree(precision):
        raise UserError(
            f"train.precision: auto is {precision} on this host and another format on another host of this run; set "
            "fp32, or a format that all of them support"
        )


def leave() -> None:
    """Disconnect from the other processes."""
    PartialState().destroy_process_group()
