"""Interrupted training, full and damaged disks: the same bytes in the end."""

from __future__ import annotations

import json
import math
import shutil
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch
from helpers.kill_points import count, killed
from helpers.project import error_of, run_stage
from helpers.project import snapshot as files_of
from helpers.tiny import TINY_PARAMS, set_train_params
from safetensors import SafetensorError

from tagline.training import saved_run
from tagline.training.checkpoints import Checkpoints, damage
from tagline.training.saved_run import SavedRun
from tagline.training.training import Step, Training

# Another order, checkpoints within epochs, early stopping, and the precision of the host.
CHANGED = {
    "batches": {"order": "by_length", "subwords_per_batch": 40, "batch_size": 2},
    "checkpoint_every": 2,
    "early_stopping": 1,
    "precision": "auto",
}


def outs() -> dict[Path, bytes]:
    return files_of(Path("models/finetuned"), Path("metrics"), Path("reports"), Path("plots"))


def train() -> None:
    run_stage("train")


def kill_after(step: int) -> None:
    """Run the stage, and kill it after the checkpoint of a step."""
    assert killed(train, f".step-{step:09}.partial") == -signal.SIGKILL


def checkpoints() -> list[Path]:
    return sorted(Path(".work/train").glob("*/step-*"))


def lines_of(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines printed since the last call; of epochs, the number only, and without the last one, of times."""
    lines = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("time: ")]
    return [line.split(":")[0] if line.startswith("epoch ") else line for line in lines]


@pytest.fixture
def undisturbed(finished: Path, capsys: pytest.CaptureFixture[str]) -> dict[Path, bytes]:
    return outs()


@pytest.mark.parametrize("engine", ["accelerate", "trainer"])
def test_kill_during_train_resumes_to_same_bytes(finished: Path, engine: str, capsys) -> None:
    set_train_params(engine=engine, epochs=3, **CHANGED)
    total = count(train)
    undisturbed = outs()
    continued = 0
    # Within the steps, and at the end, where outputs are renamed.
    for part, number in ((0.5, signal.SIGTERM), (0.8, signal.SIGINT), (0.98, signal.SIGKILL)):
        shutil.rmtree("models/finetuned")
        assert killed(train, int(part * total), number) in (-number, 128 + number), part
        lines_of(capsys)
        train()
        continued += lines_of(capsys)[0].startswith("continuing after step ")
        assert outs() == undisturbed, part
        assert not Path(".work").exists()
    assert continued


def test_damaged_checkpoint_falls_back_to_same_bytes(
    undisturbed: dict[Path, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    kill_after(36)
    *_, older, newer = checkpoints()
    with (newer / "optimizer.bin").open("r+b") as content:
        content.truncate(100)
    train()
    assert lines_of(capsys)[:2] == [
        f"{newer} is damaged (optimizer.bin changed since it was written); falling back to {older.name}",
        "continuing after step 27 of 54",
    ]
    assert outs() == undisturbed


def test_finished_training_is_not_repeated(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    set_train_params(early_stopping=1)
    train()
    undisturbed = outs()
    epochs = len(Path("plots/validation.csv").read_text().splitlines()) - 1
    assert epochs < TINY_PARAMS["train"]["epochs"]
    kill_after(9 * epochs)
    lines_of(capsys)
    train()
    assert lines_of(capsys) == ["training had already finished; writing its results"]
    assert outs() == undisturbed


def test_training_continues_on_a_full_disk(
    undisturbed: dict[Path, bytes], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    save, saved = torch.save, []

    def full(value: Any, path: Path) -> None:
        if Path(path).name == "optimizer.bin":
            saved.append(path)
            if len(saved) in (2, 3):
                raise OSError(28, "No space left on device")
        save(value, path)

    monkeypatch.setattr(torch, "save", full)
    train()
    failed = "no checkpoint at step {} (No space left on device); training continues, earlier checkpoints are intact"
    assert lines_of(capsys)[:5] == ["epoch 1/6", "epoch 2/6", failed.format(18), "epoch 3/6", failed.format(27)]
    assert outs() == undisturbed


def test_full_disk_at_the_best_weights_ends_with_one_message(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any, **options: Any) -> None:
        raise SafetensorError("I/O error: No space left on device (os error 28)")

    monkeypatch.setattr("transformers.PreTrainedModel.save_pretrained", refuse)
    message = error_of("train")
    assert message.startswith("train: .work/train/")
    assert message.endswith(": the weights can't be written: I/O error: No space left on device (os error 28)")


@pytest.mark.parametrize(
    ("every", "interval", "steps"),
    [
        (None, math.inf, [18]),
        (None, 0.0, [9, 18]),
        (7, math.inf, [7, 14, 18]),
        (9, math.inf, [9, 18]),  # after the epochs, not before their validation
    ],
)
def test_checkpoints_are_written_at_these_steps(
    finished: Path, every: int | None, interval: float, steps: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    write, written = Checkpoints.write, list[int]()
    monkeypatch.setattr(Checkpoints, "write", lambda self, at, *rest: written.append(at) or write(self, at, *rest))
    monkeypatch.setattr("tagline.training.training.INTERVAL", interval)
    set_train_params(checkpoint_every=every, epochs=2)
    train()
    assert written == steps


def write_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write checkpoints in a thread, and none before the run waits for it."""
    write, wait, waiting = saved_run._write_files, SavedRun.wait, threading.Event()

    def write_then(taken: saved_run.Snapshot, folder: Path) -> None:
        waiting.wait(60)  # not for ever, if no one waits for the checkpoint
        waiting.clear()
        write(taken, folder)

    class Pool(ThreadPoolExecutor):
        def shutdown(self, *arguments: Any, **options: Any) -> None:
            waiting.set()
            super().shutdown(*arguments, **options)

    monkeypatch.setattr(saved_run, "_in_background", lambda _: True)
    monkeypatch.setattr(saved_run, "ThreadPoolExecutor", Pool)
    monkeypatch.setattr(saved_run, "_write_files", write_then)
    monkeypatch.setattr(SavedRun, "wait", lambda self: self._writing.done() or waiting.set() or wait(self))


def test_checkpoint_of_a_thread_is_the_run_when_it_began(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_train_params(learning_rate=0.005)  # slow enough to improve in the second epoch
    kill_after(18)
    expected = files_of(*checkpoints())
    shutil.rmtree(".work")
    write_late(monkeypatch)
    kill_after(18)
    assert files_of(*checkpoints()) == expected


def test_interrupted_run_completes_the_checkpoint_of_a_thread(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    after_step = Training.after_step

    def stop(self: Training, step: Step, loss: torch.Tensor) -> None:
        after_step(self, step, loss)
        if step.number == 12:
            assert not checkpoints()
            raise KeyboardInterrupt

    write_late(monkeypatch)
    monkeypatch.setattr(Training, "after_step", stop)
    with pytest.raises(SystemExit):
        train()
    assert [(path.name, damage(path)) for path in checkpoints()] == [("step-000000009", "")]


def test_changed_params_start_again_and_reverted_ones_continue(
    undisturbed: dict[Path, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    kill_after(9)
    (left,) = checkpoints()
    set_train_params(learning_rate=0.01, epochs=1)
    train()
    assert lines_of(capsys)[0] == "epoch 1/1"
    assert left.exists()
    set_train_params(checkpoint_every=5)  # changes no weight
    train()
    assert lines_of(capsys)[0] == "continuing after step 9 of 54"
    assert outs().keys() == undisturbed.keys()
    assert outs() == undisturbed


def test_another_host_continues_from_a_shared_work_folder(
    undisturbed: dict[Path, bytes],
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("TAGLINE_WORK", str(tmp_path_factory.mktemp("shared")))
    # Operations of that folder are not counted, those at the end are.
    assert killed(train, ".finetuned.partial") == -signal.SIGKILL
    other = tmp_path_factory.mktemp("other") / "clone"
    shutil.copytree(Path(), other)
    monkeypatch.chdir(other)
    train()
    assert lines_of(capsys) == ["training had already finished; writing its results"]
    assert outs() == undisturbed


def test_report_names_the_precisions_of_all_hosts_of_a_run(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_train_params(precision="auto")
    monkeypatch.setattr("tagline.model.precision.available", lambda _: ("fp32",))
    kill_after(27)
    monkeypatch.setattr("tagline.model.precision.available", lambda _: ("fp32", "bf16"))
    train()
    assert json.loads(Path("reports/train.json").read_text())["precision"] == "fp32, bf16"
