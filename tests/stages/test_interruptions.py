"""Interrupted training, full and damaged disks: the same bytes in the end, and no other run's checkpoints."""

from __future__ import annotations

import fcntl
import json
import math
import os
import pickle
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import torch
from accelerate.utils import DistributedType
from helpers.project import ROOT, error_of, run_stage
from helpers.project import snapshot as files_of
from helpers.tiny import TINY_PARAMS, write_params
from safetensors import SafetensorError

from tagline.core import locks
from tagline.core.provenance import hashes
from tagline.training import snapshot
from tagline.training.checkpoints import MANIFEST, Checkpoints, damage
from tagline.training.saved_run import SavedRun
from tagline.training.training import Step, Training

ENGINES = ("accelerate", "trainer")
BY_LENGTH = {"order": "by_length", "subwords_per_batch": 40, "batch_size": 2}
# Per params file; each run is interrupted up to three times.
RUNS = 2


def set_params(**changed: Any) -> None:
    params = deepcopy(TINY_PARAMS)
    params["train"] |= changed
    write_params(Path(), params)


def outs() -> dict[Path, bytes]:
    return files_of(Path("models/finetuned"), Path("metrics"), Path("reports"), Path("plots"))


def interrupt(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Run the stage and interrupt it after a number of checkpoints."""
    write, written = Checkpoints.write, []

    def write_and_stop(self: Checkpoints, step: int, *arguments: Any) -> None:
        write(self, step, *arguments)
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
    """The lines printed since the last call; of epochs, the number only, and without the last one, of times."""
    lines = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("time: ")]
    return [line.split(":")[0] if line.startswith("epoch ") else line for line in lines]


@pytest.fixture
def undisturbed(finished: Path, capsys: pytest.CaptureFixture[str]) -> dict[Path, bytes]:
    return outs()


def test_killed_at_many_points_or_on_a_full_disk_the_run_ends_with_the_same_bytes(finished: Path) -> None:
    params = []
    for engine in ENGINES:
        for changed in ({}, {"checkpoint_every": 2, "early_stopping": 1, "batches": BY_LENGTH, "precision": "auto"}):
            set_params(engine=engine, epochs=3, **changed)
            params.append(str(Path("params.yaml").rename(f"{len(params)}.yaml")))
    command = [sys.executable, str(ROOT / "tests/helpers/interrupting.py"), "1", str(RUNS), *params]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "stages")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    ends = [json.loads(line) for line in done.stdout.splitlines()]
    for end in ends:
        number = end.get("signal") or 0
        # 0 if the run ended before the point; the negative number before `raise_on_signals`.
        assert end["status"] in (0, -number, 128 + number), end
        assert "Traceback" not in end["output"], end
        assert end["status"] != 0 or end["same"], end
    over = {(end["params"], end["run"]) for end in ends if end["status"] == 0}
    assert over == {(file, run) for file in params for run in range(-1, RUNS)}
    assert [end for end in ends if "continuing after step " in end["output"]]
    full = [end["output"].split("\n") for end in ends if end["run"] == -1]
    assert len(full) == len(params)
    reason = "a file is incomplete, as on a full disk"
    for lines, step in zip(full, (9, 2, 9, 2), strict=True):
        others = [line for line in lines if line and not line.startswith(("epoch ", "time: "))]
        assert (
            others[0] == f"no checkpoint at step {step} ({reason}); training continues, earlier checkpoints are intact"
        )
        assert all(f"({reason})" in line for line in others)


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
    fallback = f"{newer} is damaged (optimizer.bin changed since it was written); falling back to {older.name}"
    if damaged == 1:
        expected = [fallback, "continuing after step 27 of 54", *(f"epoch {number}/6" for number in (4, 5, 6))]
    else:
        restart = f"{older} is damaged (optimizer.bin changed since it was written); training from the start"
        expected = [fallback, restart, *(f"epoch {number}/6" for number in range(1, 7))]
    assert lines_of(capsys) == expected
    assert outs() == undisturbed
    assert not Path(".work").exists()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_finished_run_is_not_trained_again(
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
    assert lines_of(capsys) == ["training had already finished; writing its results"]
    assert outs() == undisturbed


def test_a_disk_that_is_full_temporarily(
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
    failed = "no checkpoint at step {} (No space left on device); training continues, earlier checkpoints are intact"
    assert lines[:5] == ["epoch 1/6", "epoch 2/6", failed.format(18), "epoch 3/6", failed.format(27)]
    assert [path.name for path in checkpoints()] == ["step-000000009", "step-000000036"]
    run_stage("train")
    assert lines_of(capsys)[0] == "continuing after step 36 of 54"
    assert outs() == undisturbed


def test_a_disk_that_is_full_at_the_best_weights(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_params(learning_rate=0.005)  # slow enough to improve more than once
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
    assert message.startswith("train: .work/train/")
    assert message.endswith(": the weights can't be written: I/O error: No space left on device (os error 28)")
    assert checkpoints(), "earlier checkpoints are kept"


def record(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The steps of the checkpoints that will be written."""
    write, steps = Checkpoints.write, list[int]()
    monkeypatch.setattr(Checkpoints, "write", lambda self, step, *rest: steps.append(step) or write(self, step, *rest))
    return steps


@pytest.mark.parametrize(
    ("every", "interval", "steps"),
    [
        (None, math.inf, [54]),
        (None, 0.0, [9, 18, 27, 36, 45, 54]),
        (20, math.inf, [20, 40, 54]),
        (18, math.inf, [18, 36, 54]),  # after the epochs, not before their validation
    ],
)
def test_when_a_checkpoint_is_written(
    finished: Path, every: int | None, interval: float, steps: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tagline.training.training.INTERVAL", interval)
    set_params(checkpoint_every=every)
    written = record(monkeypatch)
    run_stage("train")
    assert written == steps


def write_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write checkpoints in a thread, and none before the run waits for it."""
    write, wait, waiting = snapshot.write, SavedRun.wait, threading.Event()

    def write_then(taken: snapshot.Snapshot, folder: Path) -> None:
        waiting.wait(60)  # not for ever, if no one waits for the checkpoint
        waiting.clear()
        write(taken, folder)

    class Pool(ThreadPoolExecutor):
        def shutdown(self, *arguments: Any, **options: Any) -> None:
            waiting.set()
            super().shutdown(*arguments, **options)

    monkeypatch.setattr("tagline.training.saved_run._in_background", lambda _: True)
    monkeypatch.setattr("tagline.training.saved_run.ThreadPoolExecutor", Pool)
    monkeypatch.setattr(snapshot, "write", write_then)
    monkeypatch.setattr(SavedRun, "wait", lambda self: self._writing.done() or waiting.set() or wait(self))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_thread_writes_what_the_run_was_when_it_began(
    finished: Path, engine: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    set_params(engine=engine, learning_rate=0.005)  # slow enough to improve in the second epoch
    run_stage("train")
    undisturbed = outs()
    interrupt(monkeypatch, after=2)
    expected = files_of(*checkpoints())
    shutil.rmtree(".work")
    write_late(monkeypatch)
    interrupt(monkeypatch, after=2)
    assert files_of(*checkpoints()) == expected
    lines_of(capsys)
    run_stage("train")
    assert lines_of(capsys)[0] == "continuing after step 18 of 54"
    assert outs() == undisturbed


def test_an_interrupted_run_completes_the_checkpoint_that_a_thread_writes(
    finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    after_step = Training.after_step

    def stop(self: Training, step: Step, loss: torch.Tensor) -> None:
        after_step(self, step, loss)
        if step.number == 12:
            assert not checkpoints()
            raise KeyboardInterrupt

    write_late(monkeypatch)
    monkeypatch.setattr(Training, "after_step", stop)
    with pytest.raises(SystemExit):
        run_stage("train")
    assert [(path.name, damage(path)) for path in checkpoints()] == [("step-000000009", "")]


def test_a_thread_on_a_full_disk(
    undisturbed: dict[Path, bytes], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tagline.training.saved_run._in_background", lambda _: True)
    with monkeypatch.context() as patch:
        patch.setattr(torch, "save", full)
        run_stage("train")
    failed = [line for line in lines_of(capsys) if "(No space left on device)" in line]
    assert [line.split(" (")[0] for line in failed] == [f"no checkpoint at step {9 * epoch}" for epoch in range(1, 7)]
    assert outs() == undisturbed


@pytest.mark.parametrize("links", [True, False])
def test_checkpoints_link_to_the_best_weights(finished: Path, links: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    set_params(learning_rate=0.005)  # slow enough to improve in the second epoch
    run_stage("train")
    undisturbed = outs()
    if not links:
        monkeypatch.setattr(os, "link", Mock(side_effect=OSError(1, "Operation not permitted")))
    interrupt(monkeypatch, after=2)
    for name in ("model.safetensors", "config.json"):  # the first epoch's, and twice the second's
        best = list(Path(".work/train").glob(f"*/**/best/{name}"))
        assert (len(best), len({path.stat().st_ino for path in best})) == (3, 2 if links else 3), name
    assert [damage(path) for path in checkpoints()] == ["", ""]
    run_stage("train")
    assert outs() == undisturbed


def test_damaged_best_weights(
    undisturbed: dict[Path, bytes], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    interrupt(monkeypatch, after=6)
    older, newer = checkpoints()
    with (newer / "best/model.safetensors").open("r+b") as file:
        file.truncate(100)
    lines_of(capsys)
    run_stage("train")
    assert lines_of(capsys)[:3] == [
        f"{newer} is damaged (best/model.safetensors changed since it was written); falling back to {older.name}",
        f"{older} is damaged (best/model.safetensors changed since it was written); training from the start",
        "epoch 1/6",
    ]
    assert outs() == undisturbed


@pytest.mark.parametrize(
    ("changed", "continues"),
    [({"learning_rate": 0.01}, False), ({"engine": "trainer"}, False), ({"checkpoint_every": 5}, True)],
)
def test_a_changed_run_starts_again(
    finished: Path,
    changed: dict[str, Any],
    continues: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    interrupt(monkeypatch, after=1)
    (left,) = checkpoints()
    lines_of(capsys)
    set_params(**changed)
    run_stage("train")
    assert (lines_of(capsys)[0] == "continuing after step 9 of 54") is continues
    # It stays for a user who reverts the change.
    assert left.exists() is not continues


def test_another_host_continues(
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
    assert lines_of(capsys)[0] == "continuing after step 18 of 54"
    assert outs() == undisturbed


def test_hosts_with_different_precisions_continue_a_run(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_params(precision="auto")
    for precisions in (("fp32",), ("fp32", "bf16")):
        monkeypatch.setattr("tagline.model.precision.available", lambda _, precisions=precisions: precisions)
        if precisions == ("fp32",):
            interrupt(monkeypatch, after=3)
        else:
            run_stage("train")
    assert json.loads(Path("reports/train.json").read_text())["precision"] == "fp32, bf16"


def test_a_sharded_run_does_not_continue_a_whole_one(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupt(monkeypatch, after=1)
    monkeypatch.setattr("tagline.training.saved_run._layout", lambda _: "in pieces (FSDP, 2 processes)")
    message = error_of("train")
    assert (
        "is stored whole; this run would be stored in pieces (FSDP, 2 processes); start it as before, or remove"
        in message
    )


def test_hosts_that_do_not_share_the_work_folder_do_not_continue(
    finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupt(monkeypatch, after=1)
    (work,) = Path(".work/train").iterdir()
    monkeypatch.setattr("tagline.training.saved_run.seen_by_all", lambda _: False)
    assert error_of("train") == (
        f"train: {work} is not the same folder on all hosts of this run; to continue after step-000000009, expected one "
        "that they share; set TAGLINE_WORK to such a folder on all hosts, and move the content of the first host's .work "
        "there"
    )
    shutil.rmtree(".work")
    monkeypatch.setattr("tagline.training.saved_run._TOGETHER", (DistributedType.NO,))
    assert "on all hosts of this run; to write checkpoints with NO, expected one that they share;" in error_of("train")


@pytest.mark.parametrize(
    ("differing", "message"),
    [
        (
            0,
            "train: params.yaml, code, data/tokenized or models/pretrained differ between the hosts of this run; expected",
        ),
        (
            1,
            "train: train.precision: auto is fp32 on this host and another format on another host of this run; set fp32",
        ),
    ],
)
def test_hosts_that_would_train_different_models(
    finished: Path, monkeypatch: pytest.MonkeyPatch, differing: int, message: str
) -> None:
    asked = []
    monkeypatch.setattr(
        "tagline.training.processes.agree", lambda text: asked.append(text) or len(asked) != differing + 1
    )
    assert error_of("train").startswith(message)
    assert len(asked) == differing + 1
    assert not Path(".work").exists()


class Harm:
    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (Path("harmed"),)


def test_no_pickled_object_is_loaded(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupt(monkeypatch, after=1)
    (checkpoint,) = checkpoints()
    for name in ("optimizer.bin", "random_states_0.pkl"):
        torch.save({"state": Harm()}, checkpoint / name)
    (checkpoint / MANIFEST).unlink()
    (checkpoint / MANIFEST).write_text(json.dumps(hashes(checkpoint)))
    assert f"{checkpoint} holds pickled objects; expected tensors and plain values; remove that folder" in error_of(
        "train"
    )
    assert not Path("harmed").exists()
    # The object is harmful if unpickled.
    pickle.loads(pickle.dumps(Harm()))
    assert Path("harmed").exists()


@pytest.mark.parametrize(
    ("stage", "out"), [("train", "models/finetuned"), ("download", "data/raw"), ("export", "models/export")]
)
def test_no_second_run_at_the_same_time(finished: Path, stage: str, out: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "PATIENCE", 0.1)
    path = Path(out)
    with path.with_name(f".{path.name}.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert error_of(stage).startswith(f"{stage}: {out}: another run is still writing it; wait until that run ends")


def test_no_second_run_in_the_same_work_folder(
    finished: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Of another clone or host, whose outputs are others."""
    shared = tmp_path_factory.mktemp("shared")
    monkeypatch.setenv("TAGLINE_WORK", str(shared))
    interrupt(monkeypatch, after=1)
    (folder,) = (shared / "train").iterdir()
    monkeypatch.setattr(locks, "PATIENCE", 0.1)
    with folder.with_suffix(".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert f"train: {folder}: another run is still writing it; wait" in error_of("train")
