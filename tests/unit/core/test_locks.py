"""Locks: one process at a time; the lock of a killed process is released."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from helpers.project import ROOT

from tagline.core import outputs
from tagline.core.errors import UserError
from tagline.core.outputs import locked

HOLDER = f"""
import sys; sys.path.insert(0, {str(ROOT / "stages")!r})
from pathlib import Path
from tagline.core.outputs import locked
with locked(Path("a/.out.lock"), Path("out")):
    print("held", flush=True)
    input()
"""


@pytest.fixture
def holder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds a lock until its input ends."""
    monkeypatch.chdir(tmp_path)
    command = [sys.executable, "-c", HOLDER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_second_run_fails_after_a_while_unless_the_first_is_killed(
    holder: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(outputs, "PATIENCE", 0.1)
    message = "^out: another run is still writing it; wait until that run ends, or stop it, and start again$"
    with pytest.raises(UserError, match=message), locked(Path("a/.out.lock"), Path("out")):
        pass
    assert capsys.readouterr().out == "out: another run is writing it; waiting up to 0.1 s\n"
    assert Path("a/.out.lock").exists(), "it belongs to the other process"
    holder.kill()
    holder.wait()
    with locked(Path("a/.out.lock"), Path("out")):
        pass


def test_second_run_waits_for_the_end_of_the_first(holder: subprocess.Popen[str]) -> None:
    with subprocess.Popen(holder.args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as waiting:
        assert waiting.stdout.readline().startswith("out: another run is writing it; waiting")
        holder.communicate("\n")
        assert waiting.stdout.readline() == "held\n"
        waiting.communicate("\n")
    assert not Path("a/.out.lock").exists()


def test_folder_that_can_not_be_written_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(FileLock, "acquire", refuse)
    message = r"^out.json: not written \(Read-only file system\); expected a folder for new"
    with pytest.raises(UserError, match=message), locked(tmp_path / ".out.lock", Path("out.json")):
        pass
