"""Training that is interrupted, on full and damaged disks: the same bytes in the end, and no other run's work."""

from __future__ import annotations

import fcntl
import json
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import torch
from helpers.project import ROOT, error_of, run_stage, snapshot
from helpers.tiny import TINY_PARAMS, write_params
from safetensors import SafetensorError

from tagline.core import locks
from tagline.core.provenance import hashes
from tagline.training.checkpoints import MANIFEST, Checkpoints
from tagline.training.saved_run import SavedRun

ENGINES = ("accelerate", "trainer")
BY_LENGTH = {"order": "by_length", "subwords_per_batch": 40, "batch_size": 2}
# Of each kind, each with up to three interruptions.
RUNS = 2


def set_params(**changed: Any) -> None:
    params = deepcopy(TINY_PARAMS)
    params["train"] |= changed
    write_params(Path(), params)


def outs() -> dict[Path, bytes]:
    return snapshot(Path("models/finetuned"), Path("metrics"), Path("plots"))


def interrupt(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Run the stage until it has written so many checkpoints."""
    write, written = Checkpoints.write, []

    def write_and_stop(self: Checkpoints, step: int, fill: Callable[[Path], None]) -> None:
        write(self, step, fill)
        written.append(step)
        if len(written) == after:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(SystemExit) as raised:
        patch.setattr(Checkpoints, "write", write_and_stop)
        run_stage("train")
    assert raised.value.code == 130


def checkpoints() -> list[Path]:
    return sorted(Path(".work/train").glob("*/step-*"))


def lines_of(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What was printed since the last time, epochs by their number only."""
    return [line.split(":")[0] if line.startswith("epoch ") else line for line in capsys.readouterr().out.splitlines()]


@pytest.fixture
def undisturbed(finished: Path, capsys: pytest.CaptureFixture[str]) -> dict[Path, bytes]:
    return outs()


def test_killed_at_many_points_and_without_room_it_ends_with_the_same_bytes(finished: Path) -> None:
    params = []
    for engine in ENGINES:
        for changed in ({}, {"checkpoint_every": 2, "early_stopping": 1, "batches": BY_LENGTH, "precision": "auto"}):
            set_params(engine=engine, epochs=3, **changed)
            params.append(str(Path("params.yaml").rename(f"{len(params)}.yaml")))
    command = [sys.executable, str(ROOT / "tests/helpers/interrupting.py"), "1", str(RUNS), *params]
    # Beside that script lies tests/tagging, which Python would take for the package.
    found = os.environ | {"PYTHONPATH": str(ROOT / "stages")}
    done = subprocess.run(command, env=found, capture_output=True, text=True, check=True)
    ends = [json.loads(line) for line in done.stdout.splitlines()]
    for end in ends:
        number = end.get("signal") or 0
        # 0 where it was over before the point was reached; by the signal itself before `raise_on_signals`.
        assert end["status"] in (0, -number, 128 + number), end
        assert "Traceback" not in end["output"], end
        assert end["status"] != 0 or end["same"], end
    over = {(end["params"], end["run"]) for end in ends if end["status"] == 0}
    assert over == {(file, run) for file in params for run in range(-1, RUNS)}
    assert [end for end in ends if "going on after step " in end["output"]]
    full = [end["output"].split("\n") for end in ends if end["run"] == -1]
    assert len(full) == len(params)
    reason = "a file was cut short, as on a full disk"
    for lines, step in zip(full, (9, 2, 9, 2), strict=True):
        told = [line for line in lines if line and not line.startswith("epoch ")]
        assert told[0] == f"no checkpoint of step {step} ({reason}): training goes on, earlier ones are intact"
        assert all(f"({reason})" in line for line in told)


@pytest.mark.parametrize("damaged", [1, 2])
def test_a_damaged_checkpoint(
    undisturbed: dict[Path, bytes], damaged: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    interrupt(monkeypatch, after=4)
    older, newer = checkpoints()
    assert [path.name for path in (older, newer)] == ["step-000000027", "step-000000036"]
    for path in (newer, older)[:damaged]:
        optimizer = path / "optimizer.bin"
        optimizer.write_bytes(optimizer.read_bytes()[:-100])
    lines_of(capsys)
    run_stage("train")
    told = f"{newer} is damaged (optimizer.bin is not what was written): falling back to {older.name}"
    if damaged == 1:
        expected = [told, "going on after step 27 of 54", *(f"epoch {number}/6" for number in (4, 5, 6))]
    else:
        anew = f"{older} is damaged (optimizer.bin is not what was written): starting anew"
        expected = [told, anew, *(f"epoch {number}/6" for number in range(1, 7))]
    assert lines_of(capsys) == expected
    assert outs() == undisturbed
    assert not Path(".work").exists()


@pytest.mark.parametrize("engine", ENGINES)
def test_what_was_over_is_not_trained_again(
    finished: Path, engine: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    set_params(engine=engine, early_stopping=1)
    run_stage("train")
    undisturbed = outs()
    epochs = len(Path("plots/validation.csv").read_text().splitlines()) - 1
    assert epochs < TINY_PARAMS["train"]["epochs"]
    interrupt(monkeypatch, after=epochs)
    lines_of(capsys)
    run_stage("train")
    assert lines_of(capsys) == ["training was over when it was interrupted: writing what it came to"]
    assert outs() == undisturbed


def test_a_disk_that_is_full_for_a_while(
    undisturbed: dict[Path, bytes], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    save, saved = torch.save, []

    def full(value: Any, path: Path) -> None:
        if Path(path).name == "optimizer.bin":
            saved.append(path)
            if len(saved) in (2, 3):
                raise OSError(28, "No space left on device")
        save(value, path)

    with monkeypatch.context() as patch:
        patch.setattr(torch, "save", full)
        interrupt(monkeypatch, after=2)
    lines = lines_of(capsys)
    failed = "no checkpoint of step {} (No space left on device): training goes on, earlier ones are intact"
    assert lines[:5] == ["epoch 1/6", "epoch 2/6", failed.format(18), "epoch 3/6", failed.format(27)]
    assert [path.name for path in checkpoints()] == ["step-000000009", "step-000000036"]
    run_stage("train")
    assert lines_of(capsys)[0] == "going on after step 36 of 54"
    assert outs() == undisturbed


def test_a_disk_without_room_for_the_best_weights(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_params(learning_rate=0.005)  # slow enough to get better more than once
    save, saved = SavedRun.save_best, []

    def full(self: SavedRun, model: torch.nn.Module) -> None:
        saved.append(model)
        if len(saved) == 2:
            monkeypatch.setattr(type(model), "save_pretrained", refuse)
        save(self, model)

    def refuse(*arguments: Any, **options: Any) -> None:
        raise SafetensorError("I/O error: No space left on device (os error 28)")

    monkeypatch.setattr(SavedRun, "save_best", full)
    message = error_of("train")
    assert message.startswith("train: weights can't be written to .work/train/")
    assert message.endswith(": I/O error: No space left on device (os error 28)")
    assert checkpoints(), "those before it are kept"


@pytest.mark.parametrize(
    ("changed", "goes_on"),
    [({"learning_rate": 0.01}, False), ({"engine": "trainer"}, False), ({"checkpoint_every": 5}, True)],
)
def test_a_changed_run_goes_on_with_no_other_ones_work(
    finished: Path,
    changed: dict[str, Any],
    goes_on: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    interrupt(monkeypatch, after=1)
    (left,) = checkpoints()
    lines_of(capsys)
    set_params(**changed)
    run_stage("train")
    assert (lines_of(capsys)[0] == "going on after step 9 of 54") is goes_on
    # It is there for whoever takes the change back.
    assert left.exists() is not goes_on


def test_another_host_goes_on(
    undisturbed: dict[Path, bytes],
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("TAGLINE_WORK", str(tmp_path_factory.mktemp("shared")))
    interrupt(monkeypatch, after=2)
    other = tmp_path_factory.mktemp("other") / "clone"
    shutil.copytree(Path(), other)
    monkeypatch.chdir(other)
    lines_of(capsys)
    run_stage("train")
    assert lines_of(capsys)[0] == "going on after step 18 of 54"
    assert outs() == undisturbed


def test_hosts_of_other_precisions_take_turns(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_params(precision="auto")
    for precisions in (("fp32",), ("fp32", "bf16")):
        monkeypatch.setattr("tagline.model.precision.available", lambda _, precisions=precisions: precisions)
        if precisions == ("fp32",):
            interrupt(monkeypatch, after=3)
        else:
            run_stage("train")
    assert json.loads(Path("metrics/train.json").read_text())["precision"] == "fp32, bf16"


def test_a_run_in_pieces_is_for_its_like(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupt(monkeypatch, after=1)
    monkeypatch.setattr("tagline.training.saved_run._layout", lambda _: "in pieces (FSDP, 2 processes)")
    message = error_of("train")
    assert "is kept whole, this one would be in pieces (FSDP, 2 processes): start it as before, or remove" in message


class Harm:
    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (Path("harmed"),)


def test_no_pickle_of_objects_is_loaded(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupt(monkeypatch, after=1)
    (checkpoint,) = checkpoints()
    for name in ("optimizer.bin", "random_states_0.pkl"):
        torch.save({"state": Harm()}, checkpoint / name)
    (checkpoint / MANIFEST).unlink()
    (checkpoint / MANIFEST).write_text(json.dumps(hashes(checkpoint)))
    assert f"{checkpoint} holds more than tensors, which no run wrote: remove it" in error_of("train")
    assert not Path("harmed").exists()
    # The file is as harmful as it is meant to be.
    pickle.loads(pickle.dumps(Harm()))
    assert Path("harmed").exists()


@pytest.mark.parametrize(
    ("stage", "out"), [("train", "models/finetuned"), ("download", "data/raw"), ("export", "models/export")]
)
def test_no_second_run_beside_another(finished: Path, stage: str, out: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "PATIENCE", 0.1)
    path = Path(out)
    with path.with_name(f".{path.name}.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert error_of(stage).startswith(f"{stage}: {out}: another run is still writing it; wait until that run ends")


def test_no_second_run_on_the_same_work(
    finished: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Of another clone or host, to which the outs of this one mean nothing."""
    shared = tmp_path_factory.mktemp("shared")
    monkeypatch.setenv("TAGLINE_WORK", str(shared))
    interrupt(monkeypatch, after=1)
    (folder,) = (shared / "train").iterdir()
    monkeypatch.setattr(locks, "PATIENCE", 0.1)
    with folder.with_suffix(".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert f"train: {folder}: another run is still writing it; wait" in error_of("train")
