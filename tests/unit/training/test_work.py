"""Work folder: kept until the run has finished, then removed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from accelerate import PartialState
from filelock import FileLock

from tagline.training.work import work_folder


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TAGLINE_WORK", raising=False)
    PartialState()
    return tmp_path


def interrupt(fingerprint: str) -> Path:
    """Start a run and interrupt it."""
    with pytest.raises(KeyboardInterrupt), work_folder("train", fingerprint) as folder:
        (folder / "note").write_text(fingerprint)
        raise KeyboardInterrupt
    return folder


def test_it_is_removed_when_the_run_has_finished_and_kept_otherwise(root: Path) -> None:
    assert interrupt("abc") == Path(".work/train/abc")
    with work_folder("train", "abc") as folder:
        assert (folder / "note").read_text() == "abc"
    assert not list(root.iterdir())


def test_a_variable_sets_its_path(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAGLINE_WORK", str(root / "shared"))
    for number in range(6):
        os.utime(interrupt(f"run{number}"), (number, number))
    # The runs of others are not removed.
    assert len(list((root / "shared/train").iterdir())) == 6


def test_an_interrupted_removal_is_completed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAGLINE_WORK", str(root / "shared"))
    (root / "shared/train/.abc.partial/step").mkdir(parents=True)
    with work_folder("train", "abc"):
        pass
    # The user's folder stays.
    assert [path.name for path in root.rglob("*")] == ["shared"]


def test_the_last_two_other_unfinished_runs_stay(root: Path) -> None:
    for number in range(4):
        os.utime(interrupt(f"run{number}"), (number, number))
    Path(".work/train/.gone.partial").mkdir()
    with work_folder("train", "new"):
        assert sorted(path.name for path in Path(".work/train").iterdir()) == ["new", "new.lock", "run2", "run3"]


def test_old_runs_are_removed_where_no_held_lock_can_be(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, "The process cannot access the file because it is being used by another process")

    for number in range(4):
        os.utime(interrupt(f"run{number}"), (number, number))
    monkeypatch.setattr(Path, "unlink", refuse)
    with work_folder("train", "new"):
        assert {path.name for path in Path(".work/train").iterdir() if path.is_dir()} == {"new", "run2", "run3"}


def test_a_run_of_another_process_is_not_removed(root: Path) -> None:
    for number in range(3):
        os.utime(interrupt(f"run{number}"), (number, number))
    with FileLock(".work/train/run0.lock"), work_folder("train", "new"):
        assert Path(".work/train/run0").is_dir()


def test_a_host_with_a_disk_of_its_own_does_not_need_it(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PartialState, "is_main_process", False)
    with work_folder("train", "abc"):
        pass
    assert not list(root.iterdir())
