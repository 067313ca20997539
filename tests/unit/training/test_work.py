"""Work folder: named by params, code and inputs, kept until the run has finished, then removed.

Checkpoints: complete or absent.
"""

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import pytest
import torch
from accelerate import PartialState
from filelock import FileLock
from helpers.project import snapshot
from safetensors import SafetensorError

from tagline.core.provenance import HASHES, hashes
from tagline.training.work import CheckpointError, Checkpoints, fingerprint, work_folder


@pytest.fixture(autouse=True)
def root(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TAGLINE_WORK", raising=False)
    PartialState()
    return tmp_path


def interrupt(number):
    """Start a run and interrupt it; the time of its folder is its number."""
    with pytest.raises(KeyboardInterrupt), work_folder("train", f"run{number}") as folder:
        (folder / "note").write_text(str(number))
        raise KeyboardInterrupt
    os.utime(folder, (number, number))
    return folder


def test_fingerprint_changes_with_params_code_and_inputs_only(root, monkeypatch):
    data, script = root / "data", root / "stage.py"
    data.mkdir()
    (data / "a").write_text("a")
    script.write_text("1")

    def current(**changed):
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


def test_work_folder_is_removed_when_the_run_has_finished_and_kept_otherwise(root):
    assert interrupt(1) == Path(".work/train/run1")
    with work_folder("train", "run1") as folder:
        assert (folder / "note").read_text() == "1"
    assert not list(root.glob(".work/*/*"))


def test_run_waits_until_another_one_of_the_same_name_has_ended():
    def second():
        with work_folder("train", "run1"):
            pass

    with ThreadPoolExecutor() as threads, work_folder("train", "run1"):
        waiting = threads.submit(second)
        time.sleep(0.5)
        assert not waiting.done()
    waiting.result()


def test_copy_for_an_experiment_works_in_the_folder_of_its_clone(root, monkeypatch):
    copy = root / ".dvc/tmp/exps/tmp1/pos"
    copy.mkdir(parents=True)
    monkeypatch.chdir(copy)
    assert interrupt(1) == root / ".work/train/run1"
    assert not list(copy.iterdir())


def test_shared_work_folder_keeps_all_unfinished_runs(root, monkeypatch):
    monkeypatch.setenv("TAGLINE_WORK", str(root / "shared"))
    (root / "shared/train/.run6.partial/step").mkdir(parents=True)  # of an interrupted removal
    for number in range(6):
        interrupt(number)
    with work_folder("train", "run6"):
        pass
    assert len(list((root / "shared/train").iterdir())) == 6
    assert list(root.iterdir()) == [root / "shared"], "the user's folder stays"


def test_own_work_folder_keeps_the_last_two_other_runs_and_those_in_use(root):
    for number in range(3):
        interrupt(number)
    Path(".work/train/.gone.partial").mkdir()
    with FileLock(".work/train/run0.lock"), work_folder("train", "new"):
        assert Path(".work/train/run0").is_dir()
    with work_folder("train", "new"):
        assert sorted(path.name for path in Path(".work/train").iterdir()) == ["new", "new.lock", "run1", "run2"]


def fill(text):
    def write(folder):
        (folder / "weights").write_text(text)
        (folder / "best").mkdir()
        (folder / "best/config").write_text(text * 2)

    return write


@pytest.fixture
def checkpoints(tmp_path):
    """Checkpoints of which the one at step 2 is left."""
    checkpoints = Checkpoints(tmp_path / "work")
    for step in (1, 2):
        checkpoints.write(step, fill(str(step)))
    return checkpoints


def test_newest_checkpoint_is_kept(checkpoints, tmp_path):
    assert Checkpoints(tmp_path / "no/such/folder").newest() is None
    checkpoints.write(1000, fill("a"))
    assert [path.name for path in checkpoints.folder.iterdir()] == ["step-000001000"]
    assert (checkpoints.newest() / "best/config").read_text() == "aa"


DAMAGES = [
    (lambda path: os.truncate(path / "best/config", 1), "best/config changed since it was written"),
    (lambda path: (path / "weights").unlink(), "weights changed since it was written"),
    (lambda path: (path / HASHES).write_text("{"), "hashes.json can't be read"),
]


@pytest.mark.parametrize(("damage", "reason"), DAMAGES)
def test_damaged_checkpoint_is_reported_and_removed(checkpoints, damage, reason, capsys):
    path = checkpoints.newest()
    damage(path)
    (checkpoints.folder / ".step-000000003.partial").mkdir()  # of a killed run
    assert checkpoints.newest() is None
    assert capsys.readouterr().out == f"{path} is damaged ({reason}) and removed\n"
    assert not list(checkpoints.folder.iterdir())


FAILURES = [
    (OSError(28, "No space left on device"), "No space left on device"),
    (SafetensorError("Error while serializing: I/O error: No space (os error 28)"), "No space (os error 28)"),
    (RuntimeError("CUDA out of memory"), None),
    (KeyboardInterrupt(), None),
]


@pytest.mark.parametrize(("error", "reason"), FAILURES)
def test_failure_leaves_earlier_checkpoints(checkpoints, error, reason):
    def fail(folder):
        (folder / "weights").write_text("half")
        raise error

    before = snapshot(checkpoints.folder)
    with pytest.raises(CheckpointError if reason else type(error)) as raised:
        checkpoints.write(3, fail)
    assert reason is None or str(raised.value) == reason
    assert snapshot(checkpoints.folder) == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system does not have /dev/full")
def test_full_disk_under_pytorch_is_known_by_its_message(checkpoints):
    with pytest.raises(CheckpointError, match="^a file is incomplete, as on a full disk$"):
        checkpoints.write(3, lambda _: torch.save({"a": torch.zeros(100)}, "/dev/full"))
