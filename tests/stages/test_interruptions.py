"""Interrupted training, full and damaged disks: the same bytes in the end."""

from __future__ import annotations

import math
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
from helpers.kill_points import killed
from helpers.project import error_of, run_stage, snapshot
from helpers.tiny import TINY_PARAMS, set_train_params
from safetensors import SafetensorError

from tagline.training.checkpoints import Checkpoints

# Another order, checkpoints within epochs, early stopping, and the precision of the host.
CHANGED = {"checkpoint_every": 2, "early_stopping": 1, "precision": "auto", "epochs": 2}
CHANGED |= {"batches": {"order": "by_length", "subwords_per_batch": 40, "batch_size": 2}}


def outs() -> dict[Path, bytes]:
    return snapshot(Path("models/finetuned"), Path("metrics"), Path("reports"), Path("plots"))


def train() -> None:
    run_stage("train")


def kill_after(step: int, number: int = signal.SIGKILL) -> None:
    """Run the stage, and kill it after the checkpoint of a step."""
    assert killed(train, f".step-{step:09}.partial", number) in (-number, 128 + number)


def checkpoints() -> list[Path]:
    return sorted(Path(".work/train").glob("*/step-*"))


def lines_of(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines printed since the last call; of epochs, the number only, and without the last one, of times."""
    lines = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("time: ")]
    return [line.split(":")[0] if line.startswith("epoch ") else line for line in lines]


KILLS = [("accelerate", "crf", signal.SIGTERM), ("trainer", "linear", signal.SIGKILL)]


@pytest.mark.parametrize(("engine", "head", "number"), KILLS)
def test_kill_during_train_resumes_to_same_bytes(finished: Path, engine: str, head: str, number: int, capsys) -> None:
    set_train_params(engine=engine, head=head, **CHANGED)
    train()
    undisturbed = outs()
    shutil.rmtree("models/finetuned")
    kill_after(8, number)
    expected = ["continuing after step 8 of "]
    if number == signal.SIGKILL:
        *_, older, newer = checkpoints()
        os.truncate(newer / "optimizer.bin", 100)
        reason = "optimizer.bin changed since it was written"
        expected = [f"{newer} is damaged ({reason}); falling back to {older.name}", "continuing after step 6 of "]
    lines_of(capsys)
    train()
    for line, start in zip(lines_of(capsys), expected, strict=False):
        assert line.startswith(start)
    assert outs() == undisturbed
    assert not Path(".work").exists()


def test_finished_training_is_not_repeated_on_another_host(
    finished: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_train_params(early_stopping=1)
    train()
    undisturbed = outs()
    assert len(Path("plots/validation.csv").read_text().splitlines()) - 1 < TINY_PARAMS["train"]["epochs"]
    monkeypatch.setenv("TAGLINE_WORK", str(tmp_path_factory.mktemp("shared")))
    # Operations of that folder are not counted, those at the end are.
    assert killed(train, ".finetuned.partial") == -signal.SIGKILL
    other = tmp_path_factory.mktemp("other") / "clone"
    shutil.copytree(Path(), other)
    monkeypatch.chdir(other)
    lines_of(capsys)
    train()
    assert lines_of(capsys) == ["training had already finished; writing its results"]
    assert outs() == undisturbed


def test_training_continues_on_a_full_disk(finished: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    undisturbed, save, saved = outs(), torch.save, []

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
    # The last: at the end of the second epoch once, after its validation.
    [(None, math.inf, [18]), (None, 0.0, [9, 18]), (6, math.inf, [6, 12, 18])],
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


def test_changed_params_start_again_and_reverted_ones_continue(finished: Path, capsys) -> None:
    undisturbed = outs()
    kill_after(9)
    (left,) = checkpoints()
    lines_of(capsys)
    set_train_params(learning_rate=0.01, epochs=1)
    train()
    assert lines_of(capsys)[0] == "epoch 1/1"
    assert left.exists()
    set_train_params(checkpoint_every=5)  # changes no weight
    train()
    assert lines_of(capsys)[0] == "continuing after step 9 of 54"
    assert outs() == undisturbed
