"""Checkpoints: complete or absent, at most two, with a fallback for a damaged one."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from helpers.project import snapshot
from safetensors import SafetensorError

from tagline.training.checkpoints import MANIFEST, PYTORCH_WRITER, CheckpointError, Checkpoints


def fill(text: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / "weights").write_text(text)
        (folder / "best").mkdir()
        (folder / "best/config").write_text(text * 2)

    return write


@pytest.fixture
def checkpoints(tmp_path: Path) -> Checkpoints:
    """Checkpoints at steps 1 and 2."""
    checkpoints = Checkpoints(tmp_path / "work")
    for step in (1, 2):
        checkpoints.write(step, fill(str(step)))
    return checkpoints


def names(checkpoints: Checkpoints) -> list[str]:
    return sorted(path.name for path in checkpoints.folder.iterdir())


def test_the_newest_two_are_kept(checkpoints: Checkpoints) -> None:
    checkpoints.write(1000, fill("a"))
    checkpoints.write(30, fill("b"))  # after a fallback; the order is that of the steps
    assert names(checkpoints) == ["step-000000030", "step-000001000"]
    newest = checkpoints.newest()
    assert newest is not None
    assert newest.name == "step-000001000"
    assert (newest / "best/config").read_text() == "aa"


def test_no_checkpoint_at_first(tmp_path: Path) -> None:
    assert Checkpoints(tmp_path / "no/such/folder").newest() is None


def test_copy_that_a_user_made_is_not_a_checkpoint(checkpoints: Checkpoints) -> None:
    copy = checkpoints.folder / "step-000000002.bak"
    shutil.copytree(checkpoints.folder / "step-000000002", copy)
    assert checkpoints.newest() == checkpoints.folder / "step-000000002"
    checkpoints.write(3, fill("3"))
    assert names(checkpoints) == ["step-000000002", copy.name, "step-000000003"]


def truncate(path: Path) -> None:
    (path / "best/config").write_bytes((path / "best/config").read_bytes()[:-1])


def flip(path: Path) -> None:
    (path / "weights").write_bytes(bytes(byte ^ 1 for byte in (path / "weights").read_bytes()))


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (truncate, "best/config changed since it was written"),
        (flip, "weights changed since it was written"),
        (lambda path: (path / "weights").unlink(), "weights changed since it was written"),
        (lambda path: (path / MANIFEST).unlink(), "manifest.json can't be read"),
        (lambda path: (path / MANIFEST).write_text("{"), "manifest.json can't be read"),
    ],
)
def test_damaged_checkpoint_falls_back_to_the_one_before(
    checkpoints: Checkpoints, damage: Callable[[Path], None], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = checkpoints.folder / "step-000000002"
    damage(path)
    assert checkpoints.newest() == checkpoints.folder / "step-000000001"
    assert capsys.readouterr().out == f"{path} is damaged ({reason}); falling back to step-000000001\n"
    assert names(checkpoints) == ["step-000000001"]


def test_damage_of_all_checkpoints_starts_from_the_beginning(
    checkpoints: Checkpoints, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in checkpoints.folder.iterdir():
        truncate(path)
    assert checkpoints.newest() is None
    assert capsys.readouterr().out.endswith("(best/config changed since it was written); training from the start\n")


def failing(error: Exception) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / "weights").write_text("half")
        raise error

    return write


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(28, "No space left on device"), "No space left on device"),
        (
            SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)"),
            "No space left on device (os error 28)",
        ),
        (
            RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 704 vs 598"),
            "a file is incomplete, as on a full disk",
        ),
        (RuntimeError("basic_ios::clear: iostream error"), "a file is incomplete, as on a full disk"),
    ],
)
def test_full_disk_leaves_earlier_checkpoints(checkpoints: Checkpoints, error: Exception, reason: str) -> None:
    before = snapshot(checkpoints.folder)
    with pytest.raises(CheckpointError) as raised:
        checkpoints.write(3, failing(error))
    assert str(raised.value) == reason
    assert snapshot(checkpoints.folder) == before
    assert names(checkpoints) == ["step-000000001", "step-000000002"], "no partial one is left"


@pytest.mark.parametrize("error", [RuntimeError("CUDA out of memory"), ValueError("a bug"), KeyboardInterrupt()])
def test_other_failures_are_raised(checkpoints: Checkpoints, error: BaseException) -> None:
    with pytest.raises(type(error)):
        checkpoints.write(3, failing(error))  # type: ignore[arg-type]
    assert names(checkpoints) == ["step-000000001", "step-000000002"]


def test_partial_checkpoints_of_a_killed_run_are_removed(checkpoints: Checkpoints) -> None:
    (checkpoints.folder / ".step-000000003.partial").mkdir()
    checkpoints.newest()
    assert names(checkpoints) == ["step-000000001", "step-000000002"]


def test_pytorchs_error_on_a_full_disk_is_known() -> None:
    """The message by which `CheckpointError` recognises a full disk."""
    if not Path("/dev/full").exists():
        pytest.skip("this system does not have /dev/full")
    with pytest.raises(RuntimeError, match="|".join(PYTORCH_WRITER)):
        torch.save({"a": torch.zeros(100)}, "/dev/full")
