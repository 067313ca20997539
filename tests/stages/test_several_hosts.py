"""train.py on two hosts: two working copies that meet on the loopback interface, each with a launcher of its own."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path

import pandas as pd
import pytest
from helpers.launching import TORCHRUN, finish, free_port, start
from helpers.project import ROOT, run_stage, snapshot
from helpers.tiny import remove_dropout, set_train_params

pytestmark = pytest.mark.rare
TRAIN = ROOT / "stages/train.py"
OUTS = ("models/finetuned", "reports/train.json", "plots/train_loss.csv", "plots/validation.csv")


@pytest.fixture
def alone(finished: Path) -> Path:
    """A workspace in which one process has trained, without dropout, which differs between processes."""
    remove_dropout(Path("models/pretrained/encoder"))
    set_train_params(epochs=3)
    run_stage("train")
    return finished


@pytest.fixture
def hosts(alone: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two working copies before training."""
    copies = [tmp_path_factory.mktemp("hosts") / f"host{index}" for index in range(2)]
    for copy in copies:
        shutil.copytree(alone, copy)
        shutil.rmtree(copy / OUTS[0])
        for out in OUTS[1:]:
            (copy / out).unlink()
    return copies


def run(hosts: list[Path], script: Path = TRAIN, **environment: str) -> list[tuple[int, str, str]]:
    """Run both hosts to their end, host 0 as `dvc repro` starts it, host 1 by torchrun.

    Args:
        hosts: their folders.
        script: of host 1.
        environment: additional variables.
    """
    address = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
    where = [f"--{name.lower().replace('_', '-')}={value}" for name, value in address.items()]
    command = [*TORCHRUN, "--nproc-per-node=1", "--nnodes=2", "--node-rank=1", *where]
    variables = {f"PET_{name}": value for name, value in {**address, "NNODES": "2", "NODE_RANK": "0"}.items()}
    second = start(script, command, None, folder=hosts[1], **environment)
    first = start(TRAIN, processes=None, folder=hosts[0], **variables, **environment)
    return [finish(first), finish(second)]


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): content for path, content in snapshot(folder).items()}


def test_run_of_a_killed_host_continues_from_a_shared_folder(alone: Path, hosts: list[Path], tmp_path: Path) -> None:
    before = files(hosts[0])
    first, second = run(hosts, ROOT / "tests/helpers/killed_host.py")
    assert second[0] == -signal.SIGKILL
    assert first[0] == 1
    assert first[2].startswith("train: another process of this run has ended, or its host is unreachable; its own out")
    assert first[1].count("epoch ") == 2
    assert files(hosts[1]) == before, "only the first host writes"
    shared = tmp_path / "shared"
    (hosts[0] / ".work").rename(shared)
    assert files(hosts[0]) == before, "and only its work folder"
    first, second = run(hosts, TAGLINE_WORK=str(shared))
    assert (first[0], second[0]) == (0, 0), (first, second)
    assert first[1].startswith("continuing after step 18 of 27\nepoch 3/3: ")
    assert (first[2], second[1]) == ("", "")
    assert not list(shared.iterdir())
    # The first host has the outputs of a run in one process, the second has written nothing.
    shutil.rmtree(shared)
    assert files(hosts[1]) == before
    found, expected = files(hosts[0]), files(alone)
    assert found.keys() == expected.keys()
    assert json.loads(found[OUTS[1]]) == json.loads(expected[OUTS[1]])
    for curve in OUTS[2:]:
        pd.testing.assert_frame_equal(pd.read_csv(hosts[0] / curve), pd.read_csv(curve), rtol=0, atol=1e-4)
