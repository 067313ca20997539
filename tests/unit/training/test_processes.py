"""Processes: when accelerate launches them, and errors; see test_failing.py for what is launched."""

import os
import sys
from unittest.mock import Mock

import pytest
import torch
from accelerate.utils import DynamoBackend, TorchDynamoPlugin
from helpers.messages import message_of

from tagline.core import launchers
from tagline.training import processes
from tagline.training.processes import join, override_configuration


@pytest.fixture(autouse=True)
def host(monkeypatch, tmp_path):
    """A host with two devices and no configuration of accelerate; a launch raises an error."""

    def launch(arguments):
        raise InterruptedError(arguments)

    for name in launchers.FOR_ONE:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(sys, "argv", ["stages/train.py"])
    monkeypatch.setattr(torch.accelerator, "device_count", lambda: 2)
    monkeypatch.setattr(processes.launch, "launch_command", launch)
    monkeypatch.setattr(processes, "default_config_file", str(tmp_path / "config.yaml"))
    monkeypatch.setattr(processes, "exit_like", lambda launcher: launcher())
    return monkeypatch


# Devices, whether accelerate is configured, variables; Kubernetes and Slurm set a size of 1.
LAUNCHED = [(2, False, {}), (2, False, {"WORLD_SIZE": "1"}), (2, False, {"PMI_SIZE": "1"}), (1, True, {})]
# The last two are processes of another launcher.
ONE_PROCESS = [
    (1, {}),
    (2, {"ACCELERATE_USE_CPU": "true"}),
    (2, {"WORLD_SIZE": "2"}),
    (2, {"TORCHELASTIC_RUN_ID": "x"}),
]


def set_up(host, devices, variables):
    host.setattr(torch.accelerator, "device_count", lambda: devices)
    for name, value in variables.items():
        host.setenv(name, value)


@pytest.mark.parametrize(("devices", "configured", "variables"), LAUNCHED)
def test_accelerate_launches_on_several_devices_or_as_configured(host, tmp_path, devices, configured, variables):
    set_up(host, devices, variables)
    if configured:
        (tmp_path / "config.yaml").touch()
    with pytest.raises(InterruptedError) as raised:
        processes.relaunch_on_all_devices()
    arguments = raised.value.args[0]
    assert (arguments.training_script, arguments.num_processes) == ("stages/train.py", None), "all devices"
    assert arguments.main_process_port == (None if configured else 0)
    assert not variables.keys() & os.environ.keys(), "or the processes would take it for theirs"


@pytest.mark.parametrize(("devices", "variables"), ONE_PROCESS)
def test_nothing_is_launched(host, devices, variables):
    set_up(host, devices, variables)
    processes.relaunch_on_all_devices()


def test_invalid_configuration_is_an_error(host, tmp_path):
    (tmp_path / "config.yaml").touch()
    host.setattr(processes.launch, "launch_command", Mock(side_effect=ValueError("two GPU ids expected")))
    message = message_of(processes.relaunch_on_all_devices)
    assert "config.yaml: accelerate can't launch with this configuration: two GPU ids expected; expected one" in message


def test_params_override_the_configuration_of_accelerate(monkeypatch):
    monkeypatch.setenv("ACCELERATE_DYNAMO_BACKEND", "INDUCTOR")
    override_configuration()
    assert TorchDynamoPlugin().backend == DynamoBackend.NO


@pytest.mark.parametrize("mode", ["FSDP", "DEEPSPEED", "MEGATRON_LM"])
def test_sharded_weights_are_refused(monkeypatch, mode):
    monkeypatch.setenv(f"ACCELERATE_USE_{mode}", "true")
    assert f"{mode} shards weights among processes; expected whole weights" in message_of(join)


def test_number_of_processes_without_an_address_is_an_error(monkeypatch):
    """A Kubernetes job sets WORLD_SIZE, for example."""
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr(processes, "PartialState", Mock(side_effect=ValueError("MASTER_ADDR expected")))
    assert "2 processes can't connect (MASTER_ADDR expected); expected WORLD_SIZE, RANK, " in message_of(join)
