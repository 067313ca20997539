"""Processes: when our own launcher launches nothing, and errors; see test_failing.py for what it launches."""

import argparse
import os
import sys
from unittest.mock import Mock

import pytest
import torch
from accelerate.utils import DynamoBackend, TorchDynamoPlugin

from tagline.core.launchers import HOSTS
from tagline.terminal.errors import UserError
from tagline.training import processes
from tagline.training.processes import join, override_configuration


@pytest.fixture(autouse=True)
def host(monkeypatch, tmp_path):
    """A host with two devices and no configuration of accelerate; a launch raises an error."""

    def launch(arguments: object) -> None:
        raise InterruptedError(arguments)

    monkeypatch.delenv(processes.VARIABLE)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(sys, "argv", ["stages/train.py"])
    monkeypatch.setattr(torch.accelerator, "device_count", lambda: 2)
    monkeypatch.setattr(processes.torchrun, "run", launch)
    monkeypatch.setattr(processes, "default_config_file", str(tmp_path / "none"))
    monkeypatch.setattr(processes, "exit_like", lambda launcher: launcher())
    return monkeypatch


def launched() -> argparse.Namespace:
    """What the launcher is started with."""
    with pytest.raises(InterruptedError) as raised:
        processes.relaunch_on_all_devices()
    return raised.value.args[0]


@pytest.mark.parametrize("size", [{}, {"WORLD_SIZE": "1"}, {"PMI_SIZE": "1"}])
def test_one_process_is_launched_for_each_device(host, size):
    for name, value in size.items():
        host.setenv(name, value)  # Kubernetes and Slurm set it without a launcher
    arguments = launched()
    assert (arguments.nproc_per_node, arguments.standalone) == ("2", True)
    assert not size.keys() & os.environ.keys(), "or the processes would take it for theirs"


@pytest.mark.parametrize("devices", [0, 2])
def test_each_of_several_hosts_launches_its_processes(host, tmp_path, devices):
    for name, value in {"PMI_SIZE": "3", "PMI_RANK": "1"}.items():
        host.setenv(name, value)  # Slurm's srun
    for name, value in {"NNODES": "3", "NODE_RANK": "1", "MASTER_ADDR": "node0", "MASTER_PORT": "123"}.items():
        host.setenv(f"PET_{name}", value)
    host.setattr(torch.accelerator, "device_count", lambda: devices)
    (tmp_path / "config.yaml").touch()
    host.setattr(processes, "default_config_file", str(tmp_path / "config.yaml"))
    found = launched()
    assert (found.nnodes, found.node_rank, found.master_addr, found.master_port) == ("3", 1, "node0", 123)
    assert (found.nproc_per_node, found.standalone) == (str(max(devices, 1)), False)


ONE_PROCESS = [
    (0, {}),
    (2, {"ACCELERATE_USE_CPU": "true"}),
    (2, {processes.VARIABLE: "1"}),
    # Processes of another launcher.
    (2, {"WORLD_SIZE": "2"}),
    (2, {"TORCHELASTIC_RUN_ID": "x"}),
    (2, {"TORCHELASTIC_RUN_ID": "x", "WORLD_SIZE": "4", HOSTS: "2"}),
]


@pytest.mark.parametrize(("devices", "variables"), ONE_PROCESS)
def test_one_process_is_not_launched(host, devices, variables):
    host.setattr(torch.accelerator, "device_count", lambda: devices)
    for name, value in variables.items():
        host.setenv(name, value)
    processes.relaunch_on_all_devices()


IMPOSSIBLE = [
    (2, processes.VARIABLE, "none", "TAGLINE_PROCESSES is 'none'; expected a number of processes, at least 1"),
    (2, processes.VARIABLE, "3", "TAGLINE_PROCESSES is 3; expected at most 2, one for each device of this host"),
    (0, processes.VARIABLE, "99", "TAGLINE_PROCESSES is 99; expected at most 32, 8 for each core of this host"),
]


@pytest.mark.parametrize(("devices", "name", "value", "message"), IMPOSSIBLE)
def test_impossible_number_is_an_error(host, devices, name, value, message):
    host.setattr(torch.accelerator, "device_count", lambda: devices)
    host.setattr(os, "cpu_count", lambda: 4)
    host.setenv(name, value)
    with pytest.raises(UserError, match=f"environment variable {message}"):
        processes.relaunch_on_all_devices()


def test_configuration_that_shards_weights_is_refused(host, tmp_path):
    """Before accelerate asks for a package that would not help."""
    (tmp_path / "config.yaml").write_text("compute_environment: LOCAL_MACHINE\ndistributed_type: DEEPSPEED\n")
    host.setattr(processes, "default_config_file", str(tmp_path / "config.yaml"))
    with pytest.raises(UserError, match=r"config.yaml: DEEPSPEED shards weights among processes; expected whole"):
        processes.relaunch_on_all_devices()


def test_params_override_the_configuration_of_accelerate(monkeypatch):
    monkeypatch.setenv("ACCELERATE_DYNAMO_BACKEND", "INDUCTOR")
    override_configuration()
    assert TorchDynamoPlugin().backend == DynamoBackend.NO


@pytest.mark.parametrize("mode", ["FSDP", "DEEPSPEED", "MEGATRON_LM"])
def test_sharded_weights_are_refused(monkeypatch, mode):
    monkeypatch.setenv(f"ACCELERATE_USE_{mode}", "true")
    message = f"^environment variable ACCELERATE_USE_{mode}: {mode} shards weights among processes; expected whole"
    with pytest.raises(UserError, match=message):
        join()


def test_number_of_processes_without_an_address_is_an_error(monkeypatch):
    """A Kubernetes job sets WORLD_SIZE, for example."""
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr(processes, "PartialState", Mock(side_effect=ValueError("MASTER_ADDR expected")))
    message = r"^environment variables: 2 processes can't connect \(MASTER_ADDR expected\); expected WORLD_SIZE, RANK, "
    with pytest.raises(UserError, match=message):
        join()
