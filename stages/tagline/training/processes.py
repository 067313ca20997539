"""Processes of a training run, one for each device of one or more hosts; to the user they are one run.

The user's launcher starts them (`accelerate launch`, torchrun, MPI), or our own does, one for each device of this host.
Each of several hosts starts its own processes; torchrun's environment variables say where they meet.
"""

import hashlib
import os
import sys
from pathlib import Path

import torch
from accelerate import PartialState
from accelerate.commands import launch
from accelerate.commands.config.config_args import default_config_file, load_config_from_file
from accelerate.utils import DistributedType, gather, parse_flag_from_env
from torch.distributed import run as torchrun

from tagline.core import launchers
from tagline.model.backends import xla
from tagline.model.precision import Resolved
from tagline.terminal import UserError, quoted
from tagline.training.failing import INDEX, exit_like

# Environment variable: the number of processes to start, instead of one for each device.
VARIABLE = "TAGLINE_PROCESSES"
# On a CPU, more processes for each core would not start in time, or fill its memory.
PER_CORE = 8
# Modes of accelerate in which no process has all weights.
SHARDED = (DistributedType.FSDP, DistributedType.DEEPSPEED, DistributedType.MEGATRON_LM)


def relaunch_on_all_devices() -> None:
    """With several devices or hosts, run this script once for each device of this host, and exit with their status.

    Returns if there is nothing to launch: another launcher has done it, or there is one host with at most one device.
    If the user has run `accelerate config`, accelerate's launcher follows that configuration. `VARIABLE` and `HOSTS`
    override both.

    Raises:
        UserError: `VARIABLE` is not possible on this host, accelerate's configuration is invalid, or the hosts can't
            find each other.
    """
    if launchers.launched():
        return
    launchers.ignore()  # Kubernetes and Slurm set a size of 1; a shell may have a lone LOCAL_RANK
    wanted = os.environ.get(VARIABLE)
    devices = device_count()
    hosts = launchers.whole_number((launchers.HOSTS,), 1)
    launchers.whole_number((INDEX,), 0)  # checked
    if wanted is None and hosts < 2 and Path(default_config_file).is_file():
        exit_like(lambda: _by_accelerate(default_config_file))
    count = max(devices, 1) if wanted is None else _parsed(wanted, devices)
    if count > 1 or hosts > 1:
        # Each process gets its share of the cores, unless the user sets the number of threads.
        os.environ.setdefault("OMP_NUM_THREADS", str(max(1, torch.get_num_threads() // count)))
        options = [f"--log-dir={os.devnull}", f"--nproc-per-node={count}"]
        if hosts == 1:
            options += ["--nnodes=1", "--standalone", "--local-addr=localhost"]
        exit_like(lambda: torchrun.run(torchrun.parse_args([*options, *sys.argv])))


def _parsed(wanted: str, devices: int) -> int:
    count = int(wanted) if wanted.isdecimal() and len(wanted) < 10 else 0
    if count < 1:
        raise UserError(
            f"environment variable {VARIABLE} is {quoted(wanted)}; expected a number of processes, at least 1"
        )
    if devices and count > devices:
        raise UserError(
            f"environment variable {VARIABLE} is {count}; expected at most {devices}, one for each device of this host"
        )
    cores = os.cpu_count() or 1
    if not devices and count > PER_CORE * cores:
        raise UserError(
            f"environment variable {VARIABLE} is {count}; expected at most {PER_CORE * cores}, {PER_CORE} for each "
            "core of this host"
        )
    return count


def _by_accelerate(config: str) -> None:
    arguments = launch.launch_command_parser().parse_args([f"--log_dir={os.devnull}", *sys.argv])
    try:
        refuse_shards(load_config_from_file(config).distributed_type, config)
        launch.launch_command(arguments)
    except (ValueError, ImportError, ConnectionError) as error:
        raise UserError(f"{config}: accelerate can't launch with this configuration: {error}") from None


def refuse_shards(mode: DistributedType, where: str) -> None:
    """Raise a `UserError` if accelerate would shard weights among the processes; ``where`` asks for this mode."""
    if mode in SHARDED:
        raise UserError(
            f"{where}: {mode.value} shards weights among processes; expected whole weights in each process; choose "
            "multi-GPU without it in `accelerate config`, or launch without it"
        )


def override_configuration() -> None:
    """Override what `accelerate config` says of things that params decide; accelerate reads this variable."""
    os.environ["ACCELERATE_DYNAMO_BACKEND"] = "no"


def device_count() -> int:
    """The number of devices of this host, one process each; 0 for a CPU, and for a TPU, which has its own launcher."""
    if parse_flag_from_env("ACCELERATE_USE_CPU") or xla.available():
        return 0
    return torch.accelerator.device_count()


def join() -> PartialState:
    """Connect to the other processes of the launcher, if there are any.

    Raises:
        UserError: the processes can't find each other or can't work together on the devices of this host, or weights
            would be sharded among them.
    """
    for mode in SHARDED:
        variable = f"ACCELERATE_USE_{mode.value}"
        if parse_flag_from_env(variable):  # as `accelerate launch` sets it
            refuse_shards(mode, f"environment variable {variable}")
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
    """Check that all hosts train the same model on the same data: averages of different ones would look like a result.

    Args:
        run: name of the run, its `fingerprint`.
        precision: number format of this process's matrix products.

    Raises:
        UserError: they don't.
    """
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
    """Disconnect from the other processes, at the end of all work."""
    PartialState().destroy_process_group()
