"""Locks: one process at a time; the lock of a killed process is released."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.project import ROOT

from tagline.core import locks
from tagline.core.errors import UserError
from tagline.core.locks import locked

HOLDER = """
from pathlib import Path
from tagline.core.locks import locked
with locked(Path("a/.out.lock"), Path("out")):
    print("held", flush=True)
    input()
"""


@pytest.fixture
def holder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds a lock until its input ends."""
    monkeypatch.chdir(tmp_path)
    process = subprocess.Popen(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT / 'stages')!r})\n{HOLDER}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_the_file_is_removed_afterwards(tmp_path: Path) -> None:
    for _ in range(2):
        with locked(tmp_path / "a/.lock", Path("out")):
            assert (tmp_path / "a/.lock").exists()
        assert not (tmp_path / "a/.lock").exists()


def test_a_system_that_removes_no_file_that_is_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, "The process cannot access the file because it is being used by another process")

    monkeypatch.setattr(Path, "unlink", refuse)
    for _ in range(2):
        with locked(tmp_path / ".lock", Path("out")):
            pass


def test_a_second_run_fails_after_a_while(
    holder: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(locks, "PATIENCE", 0.1)
    with pytest.raises(UserError) as raised, locked(Path("a/.out.lock"), Path("out")):
        pass
    message = "out: another run is still writing it; wait until that run ends, or stop it, and start again"
    assert str(raised.value) == message
    assert capsys.readouterr().out == "out: another run is writing it; waiting up to 0.1 s\n"
    assert Path("a/.out.lock").exists(), "it belongs to the other process"


def test_a_second_run_waits_for_the_end_of_the_first(holder: subprocess.Popen[str]) -> None:
    waiting = subprocess.Popen(holder.args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with waiting:
        assert waiting.stdout is not None
        assert waiting.stdin is not None
        assert waiting.stdout.readline().startswith("out: another run is writing it; waiting")
        holder.communicate("\n")
        assert waiting.stdout.readline() == "held\n"
        waiting.communicate("\n")
    assert not Path("a/.out.lock").exists()


def test_the_lock_of_a_killed_process_is_released(holder: subprocess.Popen[str]) -> None:
    holder.kill()
    holder.wait()
    with locked(Path("a/.out.lock"), Path("out")):
        pass


def test_a_folder_that_can_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(locks.FileLock, "acquire", refuse)
    with (
        pytest.raises(UserError, match=r"^out.json: not written \(Read-only file system\); expected a folder for new"),
        locked(tmp_path / ".out.lock", Path("out.json")),
    ):
        pass
