"""Atomic outputs: all of them are replaced or none, by one process at a time, and no partial file is left."""

import math
import os
import signal
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import pytest
from filelock import FileLock
from helpers.project import ROOT

from tagline.core import outputs
from tagline.core.outputs import locked, read_columns, replacing, write_json
from tagline.terminal import UserError
from tagline.terminal.signals import raise_on_signals

OUT, METRICS = Path("models/out"), Path("metrics/out.json")
PIPES = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
# A program that holds a lock until its input ends.
HOLDER = f"""
import sys; sys.path.insert(0, {str(ROOT / "stages")!r})
from pathlib import Path
from tagline.core.outputs import locked
with locked(Path("a/.out.lock"), Path("out")):
    print("held", flush=True)
    input()
"""


@pytest.fixture(autouse=True)
def _current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def files():
    return {path.as_posix(): path.read_text() for path in Path().rglob("*") if path.is_file()}


def write(text):
    with replacing(OUT, METRICS) as (new_folder, new_metrics):
        new_folder.mkdir()
        (new_folder / "a").write_text(text)
        new_metrics.write_text(text)


def test_outputs_are_replaced_as_a_whole_and_files_of_a_killed_run_removed():
    write("old")
    (OUT / "stale").write_text("old")
    (OUT.parent / ".out.partial").mkdir()
    (OUT.parent / ".out.partial/b").write_text("half")
    write("new")
    assert files() == {"models/out/a": "new", "metrics/out.json": "new"}


@pytest.mark.parametrize("folder", ["models", "models/out/a"])
def test_outputs_that_can_not_be_replaced_are_reported_before_the_work(folder, monkeypatch):
    (OUT / "a/b").mkdir(parents=True)
    monkeypatch.setattr(os, "access", lambda path, mode: path != Path(folder))  # tests may run as root
    message = f"{folder}: no right to write; expected it, to replace models/out"
    with pytest.raises(UserError, match=message), replacing(OUT, METRICS):
        pytest.fail("work was done")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(2, "No such file or directory"), ValueError("28")])
def test_exception_leaves_the_earlier_outputs(error):
    write("old")
    with pytest.raises(type(error)) as raised, replacing(OUT, METRICS) as (new_folder, _):
        new_folder.write_text("half")
        raise error
    assert raised.value is error
    with pytest.raises(FileNotFoundError), replacing(OUT, METRICS) as (new_folder, _):
        new_folder.mkdir()  # the metrics were not written: a bug
    assert files() == {"models/out/a": "old", "metrics/out.json": "old"}


def at_rename(patch, moment, act):
    """Run an action just before the rename of a given number; returns the list of renamed paths."""
    renamed = []

    def rename(path, target):
        renamed.append(path)
        if len(renamed) == moment:
            act()
        path.replace(target)

    patch.setattr(Path, "rename", rename)
    return renamed


@pytest.mark.usefixtures("outliving")
@pytest.mark.parametrize("moment", [1, 4])
def test_signal_while_outputs_are_renamed_is_deferred(moment, monkeypatch):
    write("old")
    renamed = at_rename(monkeypatch, moment, lambda: signal.raise_signal(signal.SIGTERM))
    with pytest.raises(KeyboardInterrupt), raise_on_signals():
        write("new")
    assert len(renamed) == 4
    assert files().items() >= {"models/out/a": "new", "metrics/out.json": "new"}.items()


@pytest.mark.parametrize("moment", [1, 2, 3, 4])
def test_kill_while_outputs_are_renamed_loses_none(moment, monkeypatch):
    write("old")
    child = os.fork()
    if child == 0:
        at_rename(monkeypatch, moment, lambda: os.kill(os.getpid(), signal.SIGKILL))
        write("new")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    with pytest.raises(RuntimeError), replacing(OUT, METRICS):
        raise RuntimeError
    assert files() == {"models/out/a": "old" if moment < 3 else "new", "metrics/out.json": "old"}


def test_json_is_stable_and_never_nan():
    write_json(Path("a.json"), {"z": 1, "a": "é"})
    assert Path("a.json").read_text() == '{\n  "z": 1,\n  "a": "é"\n}\n'
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(Path("a.json"), {"f1": math.nan})


def test_columns_of_a_csv_file_are_read_by_name():
    path, columns = Path("a.csv"), ("epoch", "loss")
    path.write_text("epoch,precision,loss\n1,0.9,0.75\n")
    assert read_columns(path, columns) == [{"epoch": 1.0, "loss": 0.75}]
    for damaged in ("epoch,f1\n1,0.5\n", *(f"epoch,loss\n{row}" for row in ("1,x\n", "1\n", "", "1,nan\n"))):
        path.write_text(damaged)
        with pytest.raises(UserError, match=r"^a\.csv: damaged \(.+\); expected a table with .+ epoch, loss; run"):
            read_columns(path, columns)


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), ValueError("x (os error 28)")])
def test_full_disk_is_reported_with_the_file_that_was_being_written(error):
    message = "^models/out/b/a: No space left on device; expected more space; free some, then run the stage again$"
    with pytest.raises(UserError, match=message), replacing(OUT, METRICS) as (new_folder, new_metrics):
        (new_folder / "b").mkdir(parents=True)
        for path, time in ((new_folder / "z", 1), (new_folder / "b/a", 2), (new_metrics, 1)):
            path.write_text("half")
            os.utime(path, (time, time))
        raise error


@pytest.fixture
def holder():
    """Another process that holds a lock until its input ends."""
    with subprocess.Popen([sys.executable, "-c", HOLDER], **PIPES) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def lock():
    return locked(Path("a/.out.lock"), Path("out"))


def test_second_run_fails_after_a_while_unless_the_first_is_killed(holder, monkeypatch, capsys):
    monkeypatch.setattr(outputs, "PATIENCE", 0.1)
    message = "^out: another run is still writing it; wait until that run ends, or stop it, and start again$"
    with pytest.raises(UserError, match=message), lock():
        pytest.fail("it was locked twice")
    assert capsys.readouterr().out == "out: another run is writing it; waiting up to 0.1 s\n"
    assert Path("a/.out.lock").exists(), "it belongs to the other process"
    holder.kill()
    holder.wait()
    with lock():
        pass


def test_second_run_waits_for_the_end_of_the_first(holder):
    with subprocess.Popen(holder.args, **PIPES) as waiting:
        assert waiting.stdout.readline().startswith("out: another run is writing it; waiting")
        holder.communicate("\n")
        assert waiting.stdout.readline() == "held\n"
        waiting.communicate("\n")
    assert not Path("a/.out.lock").exists()


def test_folder_that_can_not_be_written_is_an_error(monkeypatch):
    monkeypatch.setattr(FileLock, "acquire", Mock(side_effect=OSError(30, "Read-only file system")))
    with (
        pytest.raises(UserError, match=r"^out: not written \(Read-only file system\); expected a folder for new"),
        lock(),
    ):
        pytest.fail("it was locked")
