"""Work folder: kept while a run is not over, and gone when it is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from accelerate import PartialState
from filelock import FileLock

from tagline.core.errors import UserError
from tagline.training.work import work_folder


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TAGLINE_WORK", raising=False)
    PartialState()
    return tmp_path


def interrupt(fingerprint: str) -> Path:
    """Begin a run and leave it before its end."""
    with pytest.raises(KeyboardInterrupt), work_folder("train", fingerprint) as folder:
        (folder / "note").write_text(fingerprint)
        raise KeyboardInterrupt
    return folder


def test_it_goes_when_the_run_is_over_and_stays_when_it_is_not(place: Path) -> None:
    assert interrupt("abc") == Path(".work/train/abc")
    with work_folder("train", "abc") as folder:
        assert (folder / "note").read_text() == "abc"
    assert not list(place.iterdir())


def test_it_lies_where_a_variable_says(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAGLINE_WORK", str(place / "shared"))
    for number in range(6):
        os.utime(interrupt(f"run{number}"), (number, number))
    # Of what others have there, nothing is removed.
    assert len(list((place / "shared/train").iterdir())) == 6


def test_a_removal_that_was_interrupted_is_made_up_for(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAGLINE_WORK", str(place / "shared"))
    (place / "shared/train/.abc.partial/step").mkdir(parents=True)
    with work_folder("train", "abc"):
        pass
    # The folder itself is the user's.
    assert [path.name for path in place.rglob("*")] == ["shared"]


def test_of_other_unfinished_runs_the_last_two_stay(place: Path) -> None:
    for number in range(4):
        os.utime(interrupt(f"run{number}"), (number, number))
    Path(".work/train/.gone.partial").mkdir()
    with work_folder("train", "new"):
        assert sorted(path.name for path in Path(".work/train").iterdir()) == ["new", "new.lock", "run2", "run3"]


def test_a_run_that_goes_on_elsewhere_is_not_removed(place: Path) -> None:
    for number in range(3):
        os.utime(interrupt(f"run{number}"), (number, number))
    with FileLock(".work/train/run0.lock"), work_folder("train", "new"):
        assert Path(".work/train/run0").is_dir()


def test_a_host_that_does_not_see_it(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PartialState, "is_main_process", False)
    message = "is not the same on all hosts of this run: TAGLINE_WORK must name a folder"
    with pytest.raises(UserError, match=message), work_folder("train", "abc"):
        pass
