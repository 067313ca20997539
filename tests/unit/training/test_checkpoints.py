"""Checkpoints: complete or absent, at most two, with a fallback for a damaged one."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from helpers.project import snapshot
from safetensors import SafetensorError

from tagline.core.provenance import HASHES
from tagline.training.checkpoints import PYTORCH_WRITER, CheckpointError, Checkpoints


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


def test_newest_two_checkpoints_are_kept(checkpoints: Checkpoints, tmp_path: Path) -> None:
    assert Checkpoints(tmp_path / "no/such/folder").newest() is None
    checkpoints.write(1000, fill("a"))
    checkpoints.write(30, fill("b"))  # after a fallback; the order is that of the steps
    assert names(checkpoints) == ["step-000000030", "step-000001000"]
    assert checkpoints.newest() == checkpoints.folder / "step-000001000"
    assert (checkpoints.newest() / "best/config").read_text() == "aa"


def test_copy_that_a_user_made_is_not_a_checkpoint(checkpoints: Checkpoints) -> None:
    copy = checkpoints.folder / "step-000000002.bak"
    shutil.copytree(checkpoints.folder / "step-000000002", copy)
    assert checkpoints.newest() == checkpoints.folder / "step-000000002"
    checkpoints.write(3, fill("3"))
    assert names(checkpoints) == ["step-000000002", copy.name, "step-000000003"]


def truncate(path: Path) -> None:
    (path / "best/config").write_bytes((path / "best/config").read_bytes()[:-1])


DAMAGES = [
    (truncate, "best/config changed since it was written"),
    (lambda path: (path / "weights").unlink(), "weights changed since it was written"),
    (lambda path: (path / HASHES).write_text("{"), "hashes.json can't be read"),
]


@pytest.mark.parametrize(("damage", "reason"), DAMAGES)
def test_damaged_checkpoint_falls_back_to_the_one_before(
    checkpoints: Checkpoints, damage: Callable[[Path], None], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    first, path = (checkpoints.folder / f"step-00000000{step}" for step in (1, 2))
    damage(path)
    (checkpoints.folder / ".step-000000003.partial").mkdir()  # of a killed run
    assert checkpoints.newest() == first
    assert capsys.readouterr().out == f"{path} is damaged ({reason}); falling back to step-000000001\n"
    assert names(checkpoints) == ["step-000000001"]
    truncate(first)
    assert checkpoints.newest() is None
    assert capsys.readouterr().out.endswith("; training from the start\n")


INCOMPLETE = "a file is incomplete, as on a full disk"


FAILURES = [
    (OSError(28, "No space left on device"), "No space left on device"),
    (SafetensorError("Error while serializing: I/O error: No space (os error 28)"), "No space (os error 28)"),
    (RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 704 vs 598"), INCOMPLETE),
    (RuntimeError("CUDA out of memory"), None),
    (KeyboardInterrupt(), None),
]


@pytest.mark.parametrize(("error", "reason"), FAILURES)
def test_failure_leaves_earlier_checkpoints(checkpoints: Checkpoints, error: BaseException, reason: str | None) -> None:
    def fail(folder: Path) -> None:
        (folder / "weights").write_text("half")
        raise error

    before = snapshot(checkpoints.folder)
    with pytest.raises(CheckpointError if reason else type(error)) as raised:
        checkpoints.write(3, fail)
    assert reason is None or str(raised.value) == reason
    assert snapshot(checkpoints.folder) == before
    assert names(checkpoints) == ["step-000000001", "step-000000002"], "no partial one is left"


def test_pytorchs_error_on_a_full_disk_is_known() -> None:
    """The message by which `CheckpointError` recognises a full disk."""
    if not Path("/dev/full").exists():
        pytest.skip("this system does not have /dev/full")
    with pytest.raises(RuntimeError, match="|".join(PYTORCH_WRITER)):
        torch.save({"a": torch.zeros(100)}, "/dev/full")
