"""Launchers' environment variables, and stages that run in one process."""

import os

import pytest
from helpers.messages import refused

from tagline.core import launchers

NAMES = (*launchers.SIZES, *launchers.RANKS, *launchers.LOCAL_RANKS)
FIRST = {"OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_RANK": "0"}


@pytest.mark.parametrize("variables", [{}, {"WORLD_SIZE": "1"}, FIRST])
def test_main_process_continues_without_a_launcher(monkeypatch, variables):
    monkeypatch.setattr(os, "environ", dict(variables))
    launchers.only_main_process("evaluate")
    assert not set(NAMES) & set(os.environ), "or accelerate would wait for the others"


THIRD = {"WORLD_SIZE": "4", "RANK": "2"}
OF_MPI = {"OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_RANK": "3", "OMPI_COMM_WORLD_LOCAL_RANK": "1"}
HOSTS = [({}, True), (THIRD, False), (THIRD | {"LOCAL_RANK": "0"}, True), (OF_MPI, False)]


@pytest.mark.parametrize("variables, first", HOSTS)
def test_first_process_of_a_host(monkeypatch, variables, first):
    monkeypatch.setattr(os, "environ", dict(variables))
    assert launchers.first_of_host() is first


def launched(folder, variables):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "environ", dict(variables))
        launchers.only_main_process("evaluate")


test_impossible_number_is_an_error = refused(
    launched,
    (
        {"WORLD_SIZE": "²"},
        "environment variable WORLD_SIZE is '²'; expected a whole number, as launchers set it; unset it",
    ),
    ({"WORLD_SIZE": "0"}, "environment variables: a launcher's number of processes is 0; expected 1 or more"),
    (
        {"WORLD_SIZE": "2", "RANK": "2"},
        "environment variables: process 2 of 2 processes; expected a rank below their number",
    ),
)
