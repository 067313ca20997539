"""Stages that are killed, full and damaged disks: the next run ends with the bytes of an undisturbed one."""

import math
import os
import shutil
import signal
from functools import partial
from pathlib import Path
from random import Random
from unittest.mock import Mock

import pytest
import torch
from helpers.kill_points import count, killed
from helpers.project import STAGES, error_of, json_of, run_stage, snapshot
from helpers.tiny import BY_LENGTH, set_params, set_train_params
from safetensors import SafetensorError

from tagline.training.work import Checkpoints

# Another order, checkpoints within epochs, and the precision of the host.
CHANGED = {"checkpoint_every": 2, "precision": "auto", "epochs": 2, "batches": BY_LENGTH}

train = partial(run_stage, "train")


def outs():
    return snapshot(Path("models/finetuned"), Path("metrics"), Path("reports"), Path("plots"))


def kill_after(step, number=signal.SIGKILL):
    """Run the stage, and kill it after the checkpoint of a step."""
    assert killed(train, f".step-{step:09}.partial", number) in (-number, 128 + number)


KILLED = [("download", 1), ("tokenize_align", 1), ("evaluate", 1)]
KILLED += [pytest.param(stage, 10, marks=pytest.mark.rare) for stage in STAGES]


@pytest.mark.parametrize(("stage", "kills"), KILLED)
def test_killed_stage_is_finished_by_the_next_run(finished, stage, kills, request):
    folders = [Path(name) for name in ("data", "models", "metrics", "plots", "reports")]
    undisturbed = snapshot(*folders)
    total = count(lambda: run_stage(stage))
    random = Random(request.config.getoption("--fuzz-seed"))
    # The last operations, around which outputs are renamed, and others.
    for at in (total - 1, *random.sample(range(1, total), kills)):
        assert killed(lambda: run_stage(stage), at) == -signal.SIGKILL, f"operation {at} of {total}"
        run_stage(stage)
        assert snapshot(*folders) == undisturbed, f"operation {at} of {total}"


def checkpoints():
    return sorted(Path(".work/train").glob("*/step-*"))


def lines_of(capsys):
    """The lines printed since the last call, without times, passes and remarks; of epochs, the number only."""
    left_out = ("time: ", "train.min_steps: ", "train.learning_rate: ", "validation: ")
    lines = [line for line in capsys.readouterr().out.splitlines() if not line.startswith(left_out)]
    return [line.split(":")[0] if line.startswith("epoch ") else line for line in lines]


KILLS = [("accelerate", "crf", signal.SIGTERM), ("trainer", "linear", signal.SIGKILL)]


@pytest.mark.parametrize(("engine", "head", "number"), KILLS)
def test_kill_during_train_resumes_to_same_bytes(finished, engine, head, number, capsys):
    set_params(tokenize_align={"lowercase_share": 0.5})
    run_stage("tokenize_align")
    changed = CHANGED | {"min_steps": 60}  # two passes of fifteen steps per epoch
    set_train_params(engine=engine, head=head, **changed)
    train()
    assert json_of("reports/train.json")["steps"] == 60
    undisturbed = outs()
    shutil.rmtree("models/finetuned")
    kill_after(14, number)
    expected = ["continuing after step 14 of 60"]
    if number == signal.SIGKILL:
        *_, newest = checkpoints()  # the one before was not removed yet
        os.truncate(newest / "optimizer.bin", 100)
        damaged = f"{newest} is damaged (optimizer.bin changed since it was written) and removed"
        expected = [damaged, "continuing after step 12 of 60"]
    set_train_params(engine=engine, head=head, **changed | {"epochs": 1})
    lines_of(capsys)
    train()
    assert lines_of(capsys)[0] == "epoch 1/1", "other params start again, and leave the checkpoints"
    set_train_params(engine=engine, head=head, **changed | {"checkpoint_every": 3})  # which changes no weight
    train()
    assert lines_of(capsys)[: len(expected)] == expected
    assert outs() == undisturbed
    assert not list(Path(".work").glob("*/*"))


def test_finished_training_is_not_repeated_on_another_host(finished, tmp_path_factory, monkeypatch, capsys):
    undisturbed = outs()
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


def test_training_continues_on_a_full_disk(finished, monkeypatch, capsys):
    undisturbed, save, saved = outs(), torch.save, []

    def full(value, path):
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


def test_full_disk_at_the_best_weights_ends_with_one_message(finished, monkeypatch):
    full = Mock(side_effect=SafetensorError("I/O error: No space left on device (os error 28)"))
    monkeypatch.setattr("transformers.PreTrainedModel.save_pretrained", full)
    message = error_of("train")
    assert message.startswith("train: .work/train/")
    assert message.endswith(": the weights can't be written: I/O error: No space left on device (os error 28)")


# The last: at the end of the second epoch once, after its validation.
STEPS = [(None, math.inf, [18]), (None, 0.0, [9, 18]), (6, math.inf, [6, 12, 18])]


@pytest.mark.parametrize(("every", "interval", "steps"), STEPS)
def test_steps_of_checkpoints(finished, every, interval, steps, monkeypatch):
    write, written = Checkpoints.write, list[int]()
    monkeypatch.setattr(Checkpoints, "write", lambda self, at, *rest: written.append(at) or write(self, at, *rest))
    monkeypatch.setattr("tagline.training.parts.INTERVAL", interval)
    set_train_params(checkpoint_every=every, epochs=2)
    train()
    assert written == steps
