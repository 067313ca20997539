"""train.py: what is printed and logged while it runs; the outs stay byte-identical."""

from __future__ import annotations

from collections import defaultdict
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest
from helpers.project import run_stage, snapshot
from helpers.tiny import TINY_PARAMS

from tagline.training.tracking import Trackers


def test_losses_rates_and_scores_are_logged(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    logged: dict[str, dict[int, float]] = defaultdict(dict)

    def log(_: Trackers, values: dict[str, float], step: int) -> None:
        for name, value in values.items():
            logged[name][step] = value

    outs = [Path(name) for name in ("models/finetuned", "reports", "plots")]
    untracked = snapshot(*outs)
    monkeypatch.setattr(Trackers, "log", log)
    run_stage("train")
    assert snapshot(*outs) == untracked
    # Six epochs of 9 steps: the last one of each, and every tenth.
    assert list(logged["train/loss"]) == [9, 10, 18, 20, 27, 30, 36, 40, 45, 50, 54]
    rate = TINY_PARAMS["train"]["learning_rate"]  # after 6 steps of warm-up it falls for 48
    assert logged["train/learning_rate"] == pytest.approx({at: rate * (55 - at) / 48 for at in logged["train/loss"]})
    scores = pd.read_csv("plots/validation.csv")
    for name in ("precision", "recall", "f1", "accuracy", "loss"):
        assert list(logged[f"validation/{name}"]) == [9, 18, 27, 36, 45, 54]
        assert list(logged[f"validation/{name}"].values()) == pytest.approx(scores[name].tolist(), abs=1e-4)


@pytest.mark.rare
@pytest.mark.skipif(find_spec("tensorboard") is None, reason="the extra `tensorboard` is not installed")
def test_tensorboard_shows_the_curve(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    monkeypatch.setenv("TAGLINE_TRACKER", "tensorboard")
    run_stage("train")
    (folder,) = Path("live/tensorboard").iterdir()
    f1 = [event.value for event in EventAccumulator(str(folder)).Reload().Scalars("validation/f1")]
    assert f1 == pytest.approx(pd.read_csv("plots/validation.csv")["f1"].tolist(), abs=1e-4)
