"""Launchers' environment variables, and stages that run in one process."""

from __future__ import annotations

import os

import pytest

from tagline.core import launchers
from tagline.core.errors import UserError

NAMES = (*launchers.SIZES, *launchers.RANKS, *launchers.LOCAL_RANKS)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment without a launcher, restored afterwards."""
    for name in NAMES:
        monkeypatch.setenv(name, "")  # so that what a test removes is restored
        monkeypatch.delenv(name)
    return monkeypatch


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"WORLD_SIZE": "1"},
        {"WORLD_SIZE": "4"},
        {"RANK": "3"},
        {"LOCAL_RANK": "0"},
        {"WORLD_SIZE": "2", "RANK": "0", "LOCAL_RANK": "0", "MASTER_ADDR": "localhost", "MASTER_PORT": "1"},
        {"OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_RANK": "0"},
    ],
)
def test_the_main_process_goes_on_alone(environment: pytest.MonkeyPatch, variables: dict[str, str], capsys) -> None:
    for name, value in variables.items():
        environment.setenv(name, value)
    launchers.only_main_process("evaluate")
    assert not set(NAMES) & set(os.environ), "or accelerate would wait for the others"
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "names", [("WORLD_SIZE", "RANK"), ("PMI_SIZE", "PMI_RANK"), ("OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK")]
)
def test_the_other_processes_end_at_once(environment: pytest.MonkeyPatch, names: tuple[str, str], capsys) -> None:
    for name, value in zip(names, ("4", "2"), strict=True):
        environment.setenv(name, value)
    with pytest.raises(SystemExit) as raised:
        launchers.only_main_process("export")
    assert raised.value.code == 0
    assert capsys.readouterr().out == "export runs in one process: process 2 of 4 has nothing to do\n"


@pytest.mark.parametrize(
    ("variables", "first"),
    [
        ({}, True),
        ({"WORLD_SIZE": "4", "RANK": "2"}, False),
        ({"WORLD_SIZE": "4", "RANK": "2", "LOCAL_RANK": "0"}, True),
        ({"WORLD_SIZE": "4", "RANK": "3", "LOCAL_RANK": "1"}, False),
        ({"OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_RANK": "2", "OMPI_COMM_WORLD_LOCAL_RANK": "0"}, True),
    ],
)
def test_the_first_process_of_a_host(environment: pytest.MonkeyPatch, variables: dict[str, str], first: bool) -> None:
    for name, value in variables.items():
        environment.setenv(name, value)
    assert launchers.first_of_host() is first


def test_hosts_are_distinguished_by_their_index_or_name(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("GROUP_RANK", raising=False)
    environment.setattr("socket.gethostname", lambda: "node7")
    assert launchers.host() == "node7"
    environment.setenv("GROUP_RANK", "1")
    assert launchers.host() == "1"


@pytest.mark.parametrize("value", ["", "two", "-1", "1.0", "²"])
def test_a_number_is_expected(environment: pytest.MonkeyPatch, value: str) -> None:
    environment.setenv("WORLD_SIZE", value)
    with pytest.raises(UserError) as raised:
        launchers.only_main_process("evaluate")
    assert str(raised.value) == (
        f"environment variable WORLD_SIZE is {value!r}; expected a whole number, as launchers set it; unset it"
    )


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"WORLD_SIZE": "0"}, "a launcher's number of processes is 0; expected 1 or more"),
        ({"WORLD_SIZE": "2", "RANK": "2"}, "process 2 of 2 processes; expected a rank below their number"),
        ({"WORLD_SIZE": "9" * 5000}, "expected a whole number, as launchers set it"),
    ],
)
def test_impossible_numbers(environment: pytest.MonkeyPatch, variables: dict[str, str], message: str) -> None:
    for name, value in variables.items():
        environment.setenv(name, value)
    with pytest.raises(UserError) as raised:
        launchers.only_main_process("evaluate")
    assert message in str(raised.value)
    assert len(str(raised.value)) < 300
