"""The two engines of train.py: the same steps, the same result, the same bytes each time."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from conftest import TINY_PARAMS, run_stage, snapshot, write_params
from safetensors.numpy import load_file

OUTS = (Path("models/finetuned"), Path("metrics"), Path("plots"))
ENGINES = ("accelerate", "trainer")


def train(engine: str, **changed: Any) -> dict[Path, bytes]:
    """Run the stage with other params and give its outs."""
    params = deepcopy(TINY_PARAMS)
    params["train"].update(engine=engine, **changed)
    write_params(Path(), params)
    run_stage("train")
    return snapshot(*OUTS)


def curve(outs: dict[Path, bytes], name: str) -> pd.DataFrame:
    del outs
    return pd.read_csv(f"plots/{name}.csv")


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"batches": {"order": "by_length", "tokens_per_batch": 40}, "label_smoothing": 0.1, "schedule": "cosine"},
        {"device_tokens": 12, "max_grad_norm": None, "pad_to_multiple_of": 4, "weight_decay": 0.0},
        {"max_steps": 11, "early_stopping": 1, "max_grad_norm": 0.1},
    ],
)
def test_equal_losses_and_predictions(finished: Path, changed: dict[str, Any]) -> None:
    curves, metrics, weights = [], [], []
    for engine in ENGINES:
        train(engine, **changed)
        curves.append((pd.read_csv("plots/train_loss.csv"), pd.read_csv("plots/validation.csv")))
        metrics.append(json.loads(Path("metrics/train.json").read_text()))
        weights.append(load_file("models/finetuned/model.safetensors"))
    for ours, theirs in zip(*curves, strict=True):
        pd.testing.assert_frame_equal(ours, theirs, rtol=0, atol=1e-5)
    assert metrics[0] == metrics[1]
    for name, tensor in weights[0].items():
        assert abs(tensor - weights[1][name]).max() < 1e-5
