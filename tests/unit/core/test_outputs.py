"""Atomic outputs: all of them are replaced or none, and no partial file is left."""

from __future__ import annotations

import math
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tagline.core.errors import UserError
from tagline.core.outputs import replacing, use_umask, write_json
from tagline.core.signals import SIGNALS, keep_running, raise_on_signals


def files(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def write(folder: Path, metrics: Path, text: str) -> None:
    with replacing(folder, metrics) as (new_folder, new_metrics):
        new_folder.mkdir()
        (new_folder / "a").write_text(text)
        new_metrics.write_text(text)


def test_outputs_are_replaced_as_a_whole(tmp_path: Path) -> None:
    out, metrics = tmp_path / "models/out", tmp_path / "metrics/out.json"
    write(out, metrics, "old")
    (out / "stale").write_text("old")
    write(out, metrics, "new")
    assert files(tmp_path) == {"models/out/a": "new", "metrics/out.json": "new"}


@pytest.mark.parametrize("folder", ["models", "models/out", "models/out/a", "metrics"])
def test_outputs_that_can_not_be_replaced_are_reported_before_the_work(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outs = tmp_path / "models/out", tmp_path / "metrics/out.json"
    (outs[0] / "a/b").mkdir(parents=True)
    outs[1].parent.mkdir()
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path / folder)  # tests may run as root
    with pytest.raises(UserError, match=f"{folder}: no right to write; expected it, to replace .*/m"), replacing(*outs):
        pytest.fail("work was done")


@pytest.mark.parametrize("stop", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_an_exception_leaves_the_earlier_outputs(tmp_path: Path, stop: type[BaseException]) -> None:
    out, metrics = tmp_path / "models/out", tmp_path / "metrics/out.json"
    write(out, metrics, "old")
    with pytest.raises(stop), replacing(out, metrics) as (new_folder, _):
        new_folder.mkdir()
        (new_folder / "a").write_text("half")
        raise stop
    assert files(tmp_path) == {"models/out/a": "old", "metrics/out.json": "old"}


def test_files_of_a_killed_run_are_removed(tmp_path: Path) -> None:
    left = tmp_path / ".out.partial"
    left.mkdir()
    (left / "b").write_text("half")
    write(tmp_path / "out", tmp_path / "out.json", "new")
    assert files(tmp_path) == {"out/a": "new", "out.json": "new"}


def at_rename(patch: pytest.MonkeyPatch, moment: int, act: Callable[[], None]) -> list[Path]:
    """Run an action just before the rename of a given number; returns the list of renamed paths."""
    renamed: list[Path] = []

    def rename(path: Path, target: Path) -> None:
        renamed.append(path)
        if len(renamed) == moment:
            act()
        path.replace(target)

    patch.setattr(Path, "rename", rename)
    return renamed


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("moment", [1, 2, 3, 4])
def test_a_signal_while_outputs_are_renamed_is_deferred(
    number: signal.Signals, moment: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, metrics = tmp_path / "models/out", tmp_path / "metrics/out.json"
    write(out, metrics, "old")
    renamed = at_rename(monkeypatch, moment, lambda: signal.raise_signal(number))
    with pytest.raises(KeyboardInterrupt), raise_on_signals():
        write(out, metrics, "new")
    keep_running()
    assert len(renamed) == 4
    write(out, metrics, "newer")
    assert files(tmp_path) == {"models/out/a": "newer", "metrics/out.json": "newer"}


@pytest.mark.parametrize("moment", [1, 2, 3, 4])
def test_a_kill_while_outputs_are_renamed_loses_none(
    moment: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, metrics = tmp_path / "models/out", tmp_path / "metrics/out.json"
    write(out, metrics, "old")
    child = os.fork()
    if child == 0:
        at_rename(monkeypatch, moment, lambda: os.kill(os.getpid(), signal.SIGKILL))
        write(out, metrics, "new")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    with pytest.raises(RuntimeError), replacing(out, metrics):
        raise RuntimeError
    assert files(tmp_path) == {
        "models/out/a": "old" if moment < 3 else "new",
        "metrics/out.json": "old",
    }


def test_an_output_that_was_not_written_is_a_bug_and_keeps_the_earlier_ones(tmp_path: Path) -> None:
    write(tmp_path / "out", tmp_path / "out.json", "old")
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "out", tmp_path / "out.json") as (folder, _):
        folder.mkdir()
    assert files(tmp_path) == {"out/a": "old", "out.json": "old"}


def test_json_is_stable_and_never_nan(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"z": 1, "a": "é"})
    assert (tmp_path / "a.json").read_text() == '{\n  "z": 1,\n  "a": "é"\n}\n'
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "a.json", {"f1": math.nan})


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), ValueError("x (os error 28)")])
def test_a_full_disk_is_reported_with_the_file_that_was_being_written(tmp_path: Path, error: Exception) -> None:
    out, metrics = tmp_path / "models/out", tmp_path / "metrics/out.json"
    for last, name in (("a", "models/out/b/a"), (None, "metrics/out.json")):
        with pytest.raises(UserError) as raised, replacing(out, metrics) as (new_folder, new_metrics):
            (new_folder / "b").mkdir(parents=True)
            for path in (new_folder / "z", new_metrics, new_folder / "b/a"):
                path.write_text("half")
                os.utime(path, (1, 1))
            os.utime(new_folder / "b" / last if last else new_metrics, (2, 2))
            raise error
        assert str(raised.value) == (
            f"{tmp_path}/{name}: No space left on device; expected more space; free some, then run the stage again"
        )


@pytest.mark.parametrize(
    "error", [OSError(2, "No such file or directory"), ValueError("28"), UserError("(os error 28)")]
)
def test_other_errors_stay_what_they_are(tmp_path: Path, error: Exception) -> None:
    with pytest.raises(type(error)) as raised, replacing(tmp_path / "out") as (out,):
        out.write_text("half")
        raise error
    assert raised.value is error


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_files_have_the_mode_that_the_umask_asks_for(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        with replacing(tmp_path / "out", tmp_path / "out.json") as (folder, file):
            (folder / "a").mkdir(parents=True)
            for path, mode in ((folder / "a/b", 0o600), (folder / "c", 0o777), (file, 0o600)):
                path.write_text("")
                path.chmod(mode)
        (tmp_path / "again").write_text("")
        (tmp_path / "again").chmod(0o600)
        (tmp_path / ".mode-again.partial").write_text("left by a killed run")
        use_umask(tmp_path / "again")
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.rglob("*") if path.is_file()}
    assert modes == dict.fromkeys(["b", "c", "out.json", "again"], 0o640)
