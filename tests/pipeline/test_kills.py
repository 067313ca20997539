"""Stages that are killed under real `dvc`: the next `dvc repro` ends with the bytes of an undisturbed run."""

from __future__ import annotations

import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest
from helpers.clone import Clone
from helpers.kill_points import OPERATIONS, operations, watched
from helpers.project import NAMES, STAGES, edit

ENGINES = ("accelerate", "trainer")
PER_STAGE = 10
# One stage alone, DVC with it, all processes together, as Ctrl-C does it.
WAYS = ((signal.SIGKILL, False), (signal.SIGKILL, True), (signal.SIGTERM, False), (signal.SIGINT, True))


@dataclass(frozen=True)
class Kill:
    """A kill of a stage: `part` of its file operations are done before it."""

    stage: str
    engine: str
    part: float
    number: signal.Signals
    group: bool

    def __str__(self) -> str:
        return f"{self.stage}-{self.engine}-{self.part:.2f}-{self.number.name}{'-group' if self.group else ''}"


def kills(seed: int) -> list[Kill]:
    """Draw `PER_STAGE` kills of each stage, and of train with each engine, in a random order.

    Each has its own tenth of the stage; the first and last operations, around which outputs are renamed, are among
    them.
    """
    random = Random(seed)
    runs = [(stage, engine) for stage in STAGES for engine in (ENGINES if stage == "train" else ENGINES[:1])]
    drawn = [
        Kill(stage, engine, (tenth + random.random()) / PER_STAGE, *random.choice(WAYS))
        for stage, engine in runs
        for tenth in range(PER_STAGE)
    ]
    random.shuffle(drawn)
    return drawn


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "kill" in metafunc.fixturenames:
        drawn = kills(metafunc.config.getoption("--fuzz-seed"))[: metafunc.config.getoption("--kills")]
        metafunc.parametrize("kill", sorted(drawn, key=str), ids=str)


@pytest.fixture
def logs(clone: Clone, kill: Kill) -> Path:
    """The folder of logged operations after an undisturbed run with the engine; the clone has its results."""
    folder = clone.path.with_name(OPERATIONS)
    if kill.engine != ENGINES[0]:
        edit(clone.path / "params.yaml", f"engine: {ENGINES[0]}", f"engine: {kill.engine}")
        clone.repro("--single-item", NAMES[kill.stage], **watched(folder))
    return folder


def results(clone: Clone) -> tuple[bytes, str]:
    """The hashes of all outputs, and the files that differ from the committed ones or that Git does not know."""
    return clone.lock, clone.run("git", "status", "--porcelain")


def hidden(clone: Clone) -> list[str]:
    """What a stage that ended removes: temporary outputs and work folders."""
    return [
        path.name for path in clone.path.rglob(".*") if path.suffix in (".partial", ".lock") or path.name == ".work"
    ]


def test_kill_of_a_stage_is_finished_by_the_next_repro(clone: Clone, logs: Path, kill: Kill) -> None:
    # Forced, since DVC would otherwise restore the outputs of the undisturbed run.
    command = ("dvc", "repro", "--force", "--no-run-cache", "--single-item", NAMES[kill.stage])
    undisturbed = results(clone)
    at = 1 + int(kill.part * len(operations(logs, kill.stage)))
    logs = clone.path.with_name("killed")
    killed = subprocess.run(
        command,
        cwd=clone.path,
        env=clone.environment | watched(logs, at, kill.number, kill.group),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        start_new_session=True,
    )
    point = operations(logs, kill.stage)[at - 1]
    assert killed.returncode != 0, point
    assert f'File "stages/{kill.stage}.py"' not in killed.stdout, f"{point}: a traceback"
    clone.run(*command)
    assert results(clone) == undisturbed, point
    assert not hidden(clone), point
