"""Our own launcher: when it launches nothing, and its errors; see test_processes.py for what it launches."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import pytest
import torch
from torch.distributed import DistStoreError

from tagline.core.errors import UserError
from tagline.training import own_launcher

exit_like = own_launcher._exit_like


@pytest.fixture(autouse=True)
def host(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """A host with two devices and no configuration of accelerate; a launch raises `Launched`."""

    def launch(arguments: object) -> None:
        raise Launched(arguments)

    monkeypatch.delenv(own_launcher.VARIABLE)
    for name in (own_launcher.HOSTS, own_launcher.INDEX, own_launcher.ADDRESS, own_launcher.PORT):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(sys, "argv", ["stages/train.py"])
    monkeypatch.setattr(torch.accelerator, "device_count", lambda: 2)
    monkeypatch.setattr(own_launcher.torchrun, "run", launch)
    monkeypatch.setattr(own_launcher, "default_config_file", str(tmp_path / "none"))
    monkeypatch.setattr(own_launcher, "_exit_like", lambda launcher: launcher())
    return monkeypatch


class Launched(Exception):
    def __init__(self, arguments: argparse.Namespace) -> None:
        self.arguments = arguments


def launched() -> argparse.Namespace:
    """What the launcher was started with."""
    with pytest.raises(Launched) as raised:
        own_launcher.relaunch_on_all_devices()
    return raised.value.arguments


def test_one_process_is_launched_for_each_device() -> None:
    arguments = launched()
    assert (arguments.nproc_per_node, arguments.standalone) == ("2", True)


@pytest.mark.parametrize("devices", [0, 1, 2])
def test_each_of_several_hosts_launches_its_processes(host: pytest.MonkeyPatch, tmp_path: Path, devices: int) -> None:
    for name, value in {"NNODES": "3", "NODE_RANK": "1", "MASTER_ADDR": "node0", "MASTER_PORT": "123"}.items():
        host.setenv(f"PET_{name}", value)
    host.setattr(torch.accelerator, "device_count", lambda: devices)
    (tmp_path / "config.yaml").touch()
    host.setattr(own_launcher, "default_config_file", str(tmp_path / "config.yaml"))
    found = launched()
    assert (found.nnodes, found.node_rank, found.master_addr, found.master_port) == ("3", 1, "node0", 123)
    assert (found.nproc_per_node, found.standalone) == (str(max(devices, 1)), False)


@pytest.mark.parametrize("name", [own_launcher.HOSTS, own_launcher.INDEX])
def test_invalid_number_of_hosts_is_an_error(host: pytest.MonkeyPatch, name: str) -> None:
    host.setenv(name, "1:2")
    with pytest.raises(UserError, match=f"environment variable {name} is '1:2'; expected a whole number"):
        own_launcher.relaunch_on_all_devices()


def test_hosts_that_do_not_meet_end_with_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise DistStoreError("timed out after 600000ms.\nframe #0: ...")

    monkeypatch.setenv(own_launcher.BY_OURS, "")  # so that it is restored
    monkeypatch.setattr(own_launcher.logging, "disable", lambda: None)
    with pytest.raises(UserError) as raised:
        exit_like(fail)
    assert str(raised.value) == (
        "the hosts of this run can't connect (timed out after 600000ms); expected the first host's address and a free "
        "port there in PET_MASTER_ADDR and PET_MASTER_PORT, and each host's own index in PET_NODE_RANK, or all three in "
        "accelerate's configuration"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [("WORLD_SIZE", "2"), ("PMI_SIZE", "2"), ("ACCELERATE_MIXED_PRECISION", "no"), ("TORCHELASTIC_RUN_ID", "x")],
)
def test_processes_of_another_launcher_are_not_launched_again(host: pytest.MonkeyPatch, name: str, value: str) -> None:
    host.setenv(name, value)
    own_launcher.relaunch_on_all_devices()


@pytest.mark.parametrize("name", ["WORLD_SIZE", "PMI_SIZE"])
def test_size_of_one_does_not_count_as_a_launcher(host: pytest.MonkeyPatch, name: str) -> None:
    host.setenv(name, "1")
    assert launched().nproc_per_node == "2"
    host.setenv(name, "1")
    host.setenv(own_launcher.HOSTS, "3")
    assert launched().nnodes == "3"
    assert name not in os.environ, "or the processes would take it for theirs"


@pytest.mark.parametrize(
    ("devices", "variables"),
    [(0, {}), (1, {}), (2, {"ACCELERATE_USE_CPU": "true"}), (2, {own_launcher.VARIABLE: "1"})],
)
def test_one_process_is_not_launched(host: pytest.MonkeyPatch, devices: int, variables: dict[str, str]) -> None:
    host.setattr(torch.accelerator, "device_count", lambda: devices)
    for name, value in variables.items():
        host.setenv(name, value)
    own_launcher.relaunch_on_all_devices()


@pytest.mark.parametrize("wanted", ["none", "0", "1234567890"])
def test_invalid_number_of_processes_is_an_error(host: pytest.MonkeyPatch, wanted: str) -> None:
    host.setenv(own_launcher.VARIABLE, wanted)
    with pytest.raises(UserError, match=f"TAGLINE_PROCESSES is '{wanted}'; expected a number of processes, at least 1"):
        own_launcher.relaunch_on_all_devices()


@pytest.mark.parametrize(
    ("devices", "wanted", "most"), [(2, "3", "2, one for each device"), (0, "1000000", "32, 8 for each core")]
)
def test_more_processes_than_a_host_can_run_are_an_error(
    host: pytest.MonkeyPatch, devices: int, wanted: str, most: str
) -> None:
    host.setattr(torch.accelerator, "device_count", lambda: devices)
    host.setattr(os, "cpu_count", lambda: 4)
    host.setenv(own_launcher.VARIABLE, wanted)
    with pytest.raises(UserError, match=f"TAGLINE_PROCESSES is {wanted}; expected at most {most} of this host"):
        own_launcher.relaunch_on_all_devices()


def test_invalid_configuration_of_accelerate_is_an_error(host: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = tmp_path / "default_config.yaml"
    config.write_text("compute_environment: LOCAL_MACHINE\ndistributed_type: NO\nnum_processes: -1\n")
    host.setattr(own_launcher, "default_config_file", str(config))
    host.setattr("accelerate.commands.config.config_args.default_config_file", str(config))
    host.setattr("accelerate.commands.launch.default_config_file", str(config))
    with pytest.raises(
        UserError, match=f"{config}: accelerate can't launch with this configuration: You need to manually pass in"
    ):
        own_launcher.relaunch_on_all_devices()
