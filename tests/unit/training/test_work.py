"""Work folder: named by params, code and inputs, kept until the run has finished, then removed."""

import os
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest
from accelerate import PartialState
from filelock import FileLock

from tagline.core.provenance import hashes
from tagline.training.work import fingerprint, work_folder


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TAGLINE_WORK", raising=False)
    PartialState()
    return tmp_path


def interrupt(number: int) -> Path:
    """Start a run and interrupt it; the time of its folder is its number."""
    with pytest.raises(KeyboardInterrupt), work_folder("train", f"run{number}") as folder:
        (folder / "note").write_text(str(number))
        raise KeyboardInterrupt
    os.utime(folder, (number, number))
    return folder


def test_fingerprint_changes_with_params_code_and_inputs_only(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, script = root / "data", root / "stage.py"
    data.mkdir()
    (data / "a").write_text("a")
    script.write_text("1")

    def current(**changed: object) -> str:
        return fingerprint({"a": 1, "b": None} | changed, script, {"data": hashes(data)})

    module = ModuleType("tagline.other")
    module.__file__ = "other.py"
    seen = [current(), current(a=2)]
    os.utime(data / "a", (0, 0))
    assert fingerprint({"b": None, "a": 1}, script, {"data": hashes(data)}) == seen[0]
    for change in (
        lambda: (data / "a").write_text("b"),
        lambda: (data / "a").rename(data / "b"),
        lambda: script.write_text("2"),
        lambda: Path("other.py").write_text("1") and monkeypatch.setitem(sys.modules, "tagline.other", module),
        lambda: Path("other.py").write_text("2"),
    ):
        change()
        seen.append(current())
    assert len(set(seen)) == len(seen)
    assert {len(each) for each in seen} == {16}


def test_work_folder_is_removed_when_the_run_has_finished_and_kept_otherwise(root: Path) -> None:
    assert interrupt(1) == Path(".work/train/run1")
    with work_folder("train", "run1") as folder:
        assert (folder / "note").read_text() == "1"
    assert not list(root.iterdir())


def test_copy_for_an_experiment_works_in_the_folder_of_its_clone(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = root / ".dvc/tmp/exps/tmp1/pos"
    copy.mkdir(parents=True)
    monkeypatch.chdir(copy)
    assert interrupt(1) == root / ".work/train/run1"
    assert not list(copy.iterdir())


def test_shared_work_folder_keeps_all_unfinished_runs(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAGLINE_WORK", str(root / "shared"))
    (root / "shared/train/.run6.partial/step").mkdir(parents=True)  # of an interrupted removal
    for number in range(6):
        interrupt(number)
    with work_folder("train", "run6"):
        pass
    assert len(list((root / "shared/train").iterdir())) == 6
    assert list(root.iterdir()) == [root / "shared"], "the user's folder stays"


def test_own_work_folder_keeps_the_last_two_other_runs_and_those_in_use(root: Path) -> None:
    for number in range(3):
        interrupt(number)
    Path(".work/train/.gone.partial").mkdir()
    with FileLock(".work/train/run0.lock"), work_folder("train", "new"):
        assert Path(".work/train/run0").is_dir()
    with work_folder("train", "new"):
        assert sorted(path.name for path in Path(".work/train").iterdir()) == ["new", "new.lock", "run1", "run2"]


def test_other_processes_than_the_main_one_make_no_folder(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PartialState, "is_main_process", False)
    with work_folder("train", "abc"):
        pass
    assert not list(root.iterdir())


def test_run_ends_though_another_one_removes_its_remains(monkeypatch: pytest.MonkeyPatch) -> None:
    """As experiments of a queue do that share the work folder of the clone."""
    rename = Path.rename

    def then_removed(path: Path, target: Path) -> None:
        rename(path, target)
        shutil.rmtree(target)

    monkeypatch.setattr(Path, "rename", then_removed)
    with work_folder("train", "a") as folder:
        (folder / "best").mkdir()
    assert not Path(".work").exists()
