"""A clone in which real `dvc` has run the pipeline once, for all tests of a process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.clone import ALL, Clone, tiny_clone
from helpers.kill_points import OPERATIONS, watched


@pytest.fixture(scope="session")
def origin(tmp_path_factory: pytest.TempPathFactory, tiny_folder: Path) -> Clone:
    """The working tree as a fresh repository, params and data made tiny; all stages have run and are committed."""
    clone = tiny_clone(tmp_path_factory.mktemp("clones") / "a", tiny_folder)
    assert clone.repro(**watched(clone.path.with_name(OPERATIONS))) == ALL
    clone.commit("results")
    return clone


@pytest.fixture
def clone(origin: Clone) -> Iterator[Clone]:
    """The origin, put back afterwards."""
    yield origin
    origin.restore()
