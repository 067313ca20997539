"""train.py: what is printed and logged while it runs; the outs stay byte-identical."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from accelerate.tracking import LOGGER_TYPE_TO_CLASS
from helpers.project import run_stage, snapshot
from helpers.tiny import TINY_PARAMS, set_train_params

from tagline.training import tracking
from tagline.training.fit_check import small_batches


def test_batches_that_are_too_small_for_a_gpu_are_reported(
    finished: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gpu = torch.device("cuda")
    monkeypatch.setattr("tagline.training.run.small_batches", lambda batches, _, n: small_batches(batches, gpu, n))
    set_train_params(max_steps=1)
    run_stage("train")
    assert "sub-words per step and GPU; " in capsys.readouterr().out.splitlines()[0]


class Recorder:
    """Stands for accelerate's class of a tracker."""

    def __init__(self, **options: Any) -> None:
        self.values: dict[str, dict[int, float]] = {}

    def start(self) -> None:
        pass

    def log(self, values: dict[str, float], step: int) -> None:
        for name, value in values.items():
            self.values.setdefault(name, {})[step] = value

    finish = start


def test_losses_rates_and_scores_are_logged(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outs = [Path(name) for name in ("models/finetuned", "reports", "plots")]
    untracked, made, names = snapshot(*outs), [], ["wandb"]
    if find_spec("tensorboard") is not None:
        names.append("tensorboard")
    monkeypatch.setenv("TAGLINE_TRACKER", ",".join(names))
    monkeypatch.setattr(tracking, "get_available_trackers", lambda: names)
    monkeypatch.setitem(LOGGER_TYPE_TO_CLASS, "wandb", lambda **options: made.append(Recorder()) or made[0])
    run_stage("train")
    assert snapshot(*outs) == untracked
    values = made[0].values
    # Six epochs of 9 steps: the last one of each, and every tenth.
    assert list(values["train/loss"]) == [9, 10, 18, 20, 27, 30, 36, 40, 45, 50, 54]
    rate = TINY_PARAMS["train"]["learning_rate"]  # after 6 steps of warm-up it falls for 48
    assert values["train/learning_rate"] == pytest.approx({at: rate * (55 - at) / 48 for at in values["train/loss"]})
    scores = pd.read_csv("plots/validation.csv")
    for name in ("precision", "recall", "f1", "accuracy", "loss"):
        assert list(values[f"validation/{name}"]) == [9, 18, 27, 36, 45, 54]
        assert list(values[f"validation/{name}"].values()) == pytest.approx(scores[name].tolist(), abs=1e-4)
    if "tensorboard" in names:
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

        (folder,) = Path("live/tensorboard").iterdir()
        events = EventAccumulator(str(folder)).Reload()
        f1 = [event.value for event in events.Scalars("validation/f1")]
        assert f1 == pytest.approx(scores["f1"].tolist(), abs=1e-4)
