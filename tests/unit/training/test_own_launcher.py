"""Our own launcher: when it launches nothing, and its errors; see test_processes.py for what it launches."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from tagline.core.errors import UserError
from tagline.training import own_launcher


@pytest.fixture(autouse=True)
def host(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """A host with two devices and no configuration of accelerate; a launch raises `Launched`."""

    def launch(arguments: object) -> None:
        raise Launched(arguments.nproc_per_node)

    monkeypatch.delenv(own_launcher.VARIABLE)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(sys, "argv", ["stages/train.py"])
    monkeypatch.setattr(torch.accelerator, "device_count", lambda: 2)
    monkeypatch.setattr(own_launcher.torchrun, "run", launch)
    monkeypatch.setattr(own_launcher, "default_config_file", str(tmp_path / "none"))
    monkeypatch.setattr(own_launcher, "_exit_like", lambda launcher: launcher())
    return monkeypatch


class Launched(Exception):
    pass


def test_a_process_for_each_device() -> None:
    with pytest.raises(Launched, match="2"):
        own_launcher.relaunch_on_all_devices()


@pytest.mark.parametrize("name", ["WORLD_SIZE", "PMI_SIZE", "ACCELERATE_MIXED_PRECISION"])
def test_another_launcher_has_done_it(host: pytest.MonkeyPatch, name: str) -> None:
    host.setenv(name, "1")
    own_launcher.relaunch_on_all_devices()


@pytest.mark.parametrize("count", [0, 1])
def test_one_device_or_none(host: pytest.MonkeyPatch, count: int) -> None:
    host.setattr(torch.accelerator, "device_count", lambda: count)
    own_launcher.relaunch_on_all_devices()


def test_the_cpu_by_choice(host: pytest.MonkeyPatch) -> None:
    host.setenv("ACCELERATE_USE_CPU", "true")
    own_launcher.relaunch_on_all_devices()


def test_the_variable_restricts(host: pytest.MonkeyPatch) -> None:
    host.setenv(own_launcher.VARIABLE, "1")
    own_launcher.relaunch_on_all_devices()


@pytest.mark.parametrize("wanted", ["none", "0", "-1", "2.5", ""])
def test_an_invalid_number_of_processes(host: pytest.MonkeyPatch, wanted: str) -> None:
    host.setenv(own_launcher.VARIABLE, wanted)
    with pytest.raises(UserError, match=f"TAGLINE_PROCESSES is '{wanted}'; expected a number of processes, at least 1"):
        own_launcher.relaunch_on_all_devices()


def test_more_processes_than_devices(host: pytest.MonkeyPatch) -> None:
    host.setenv(own_launcher.VARIABLE, "3")
    with pytest.raises(UserError, match="TAGLINE_PROCESSES is 3; expected at most 2, one for each device of this host"):
        own_launcher.relaunch_on_all_devices()


def test_an_invalid_configuration(host: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = tmp_path / "default_config.yaml"
    config.write_text("compute_environment: LOCAL_MACHINE\ndistributed_type: NO\nnum_processes: -1\n")
    host.setattr(own_launcher, "default_config_file", str(config))
    host.setattr("accelerate.commands.config.config_args.default_config_file", str(config))
    host.setattr("accelerate.commands.launch.default_config_file", str(config))
    with pytest.raises(
        UserError, match=f"{config}: accelerate can't launch with this configuration: You need to manually pass in"
    ):
        own_launcher.relaunch_on_all_devices()
