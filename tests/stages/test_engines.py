"""The two engines of train.py: the same steps, the same result, the same bytes each time."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from helpers.project import error_of, run_stage, snapshot
from helpers.tiny import TINY_PARAMS, write_params
from safetensors.numpy import load_file, save_file
from transformers import AutoTokenizer

from tagline.artifacts import tokenized
from tagline.core.provenance import write_hashes
from tagline.model.precision import available

ENGINES = ("accelerate", "trainer")
BY_LENGTH = {"order": "by_length", "subwords_per_batch": 40, "batch_size": 2}


def set_params(**changed: Any) -> None:
    """Write the tiny params with some values of the section train changed."""
    params = deepcopy(TINY_PARAMS)
    params["train"] |= changed
    write_params(Path(), params)


def train(**changed: Any) -> dict[str, Any]:
    """Run the stage with some values changed, and return its metrics."""
    set_params(**changed)
    run_stage("train")
    return json.loads(Path("reports/train.json").read_text())


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"batches": BY_LENGTH, "label_smoothing": 0.1, "schedule": "cosine"},
        {"subwords_per_device": 12, "max_grad_norm": None, "pad_to_multiple_of": 4, "weight_decay": 0.0},
        {"max_steps": 11, "early_stopping": 1, "max_grad_norm": 0.1},
    ],
)
def test_equal_losses_and_predictions(finished: Path, changed: dict[str, Any]) -> None:
    curves, metrics, weights, predictions = [], [], [], []
    for engine in ENGINES:
        metrics.append(train(engine=engine, **changed))
        curves.append([pd.read_csv(f"plots/{name}.csv") for name in ("train_loss", "validation")])
        weights.append(load_file("models/finetuned/model.safetensors"))
        run_stage("evaluate")
        predictions.append(pd.read_parquet("data/predictions/validation.parquet")["predicted"].map(list).tolist())
    for ours, theirs in zip(*curves, strict=True):
        pd.testing.assert_frame_equal(ours, theirs, rtol=0, atol=1e-5)
    assert metrics[0] == metrics[1]
    assert predictions[0] == predictions[1]
    for name, tensor in weights[0].items():
        np.testing.assert_allclose(tensor, weights[1][name], rtol=0, atol=1e-5)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_same_bytes_each_time(finished: Path, engine: str) -> None:
    runs = []
    for _ in range(2):
        train(engine=engine, batches=BY_LENGTH, epochs=2, precision="auto")
        runs.append(snapshot(Path("models/finetuned"), Path("metrics"), Path("reports"), Path("plots")))
    assert runs[0] == runs[1]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("precision", available(torch.device("cpu")))
def test_every_precision_of_the_host_learns(finished: Path, engine: str, precision: str) -> None:
    metrics = train(engine=engine, precision=precision)
    assert metrics["precision"] == precision
    assert metrics["validation"]["f1"] == 1.0
    assert {str(tensor.dtype) for tensor in load_file("models/finetuned/model.safetensors").values()} == {"float32"}


@pytest.mark.parametrize("precision", ["bf16", "fp32"])
def test_half_precision_rounds(finished: Path, precision: str) -> None:
    if precision not in available(torch.device("cpu")):
        pytest.skip("this host does not compute in it")
    losses = []
    for engine in ENGINES:
        train(engine=engine, precision=precision, epochs=1)
        losses.append(pd.read_csv("plots/train_loss.csv")["loss"].tolist())
    train(precision="fp32", epochs=1)
    full = pd.read_csv("plots/train_loss.csv")["loss"].tolist()
    assert losses[0] == losses[1]
    assert losses[0] == pytest.approx(full, rel=0.1)
    assert (losses[0] == full) is (precision == "fp32")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_launchers_precision_is_ignored(finished: Path, engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    losses = []
    for _ in range(2):
        train(engine=engine, epochs=1)
        losses.append(Path("plots/train_loss.csv").read_text())
        monkeypatch.setenv("ACCELERATE_MIXED_PRECISION", "bf16")
    assert losses[0] == losses[1]


def test_an_unsupported_precision(finished: Path) -> None:
    set_params(precision="fp16")
    assert "train.precision: fp16 is not supported on this host's cpu; expected fp32" in error_of("train")


@pytest.mark.parametrize("engine", ENGINES)
def test_max_steps(finished: Path, engine: str) -> None:
    metrics = train(engine=engine, max_steps=1)
    assert (metrics["steps"], metrics["best_epoch"]) == (1, 1)
    assert pd.read_csv("plots/train_loss.csv")["step"].tolist() == [1]
    assert pd.read_csv("plots/validation.csv")["epoch"].tolist() == [1]


@pytest.mark.parametrize("engine", ENGINES)
def test_early_stopping(finished: Path, engine: str) -> None:
    train(engine=engine)
    f1 = pd.read_csv("plots/validation.csv")["f1"].tolist()
    metrics = train(engine=engine, early_stopping=2)
    # The first epoch with the best F1, and two with the same F1 and lower losses.
    ended = f1.index(max(f1)) + 3
    assert ended < len(f1), "the tiny corpus is learnt before the last epoch"
    assert pd.read_csv("plots/validation.csv")["f1"].tolist() == f1[:ended]
    assert metrics["best_epoch"] == ended
    assert metrics["steps"] == metrics["steps"] // ended * ended


@pytest.mark.parametrize("engine", ENGINES)
def test_the_weights_are_those_of_the_best_epoch(finished: Path, engine: str) -> None:
    metrics = train(engine=engine, learning_rate=0.1)
    best = load_file("models/finetuned/model.safetensors")
    # Later epochs matter only for the schedule, which depends on their number.
    assert metrics["best_epoch"] < TINY_PARAMS["train"]["epochs"]
    run_stage("evaluate")
    scores = json.loads(Path("reports/evaluate.json").read_text())["validation"]["overall"]
    assert {name: metrics["validation"][name] for name in ("precision", "recall", "f1", "accuracy")} == {
        name: scores[name] for name in ("precision", "recall", "f1", "accuracy")
    }
    assert all(np.isfinite(tensor).all() for tensor in best.values())


@pytest.mark.parametrize("sharding", [False, True])
def test_which_word_embeddings_are_trained(finished: Path, sharding: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tagline.training.processes.sharding", lambda: sharding)
    train(epochs=2)
    before = load_file("models/pretrained/encoder/model.safetensors")["embeddings.word_embeddings.weight"]
    after = load_file("models/finetuned/model.safetensors")["bert.embeddings.word_embeddings.weight"]
    windows = tokenized.load_split(Path("data/tokenized"), "train").windows
    used = sorted({id_ for ids in windows["input_ids"] for id_ in ids})
    assert 0 < len(used) < len(before) / 2
    # Weight decay reaches all that are trained, except the padding, whose embedding is zero.
    expected = list(range(1, len(before))) if sharding else used
    assert np.flatnonzero((after != before).any(axis=1)).tolist() == expected


@pytest.mark.parametrize("engine", ENGINES)
def test_a_line_per_epoch(finished: Path, engine: str, capsys: pytest.CaptureFixture[str]) -> None:
    train(engine=engine, epochs=2)
    *lines, last = [line for line in capsys.readouterr().out.splitlines() if line]
    assert len(lines) == 2
    assert re.fullmatch(r"time: steps [\d.]+ s, validation [\d.]+ s, checkpoints [\d.]+ s", last)
    for number, line in enumerate(lines, start=1):
        assert line.startswith(f"epoch {number}/2: train loss ")
        assert line.endswith(" sentences/s")


def test_padding_is_in_the_metrics(finished: Path) -> None:
    by_length = train(batches=BY_LENGTH, epochs=2)["padding"]
    at_random = train(batches=BY_LENGTH | {"order": "random", "batch_size": 8}, epochs=2)["padding"]
    assert by_length < 0.1 < at_random


def damage_the_sixth_sentence(split: str) -> None:
    """Give it a sub-word that occurs nowhere else and whose embedding is NaN."""
    path = Path(f"data/tiny/{split}.conll")
    sentences = path.read_text().split("\n\n")
    sentences[5] = sentences[5].replace(" PROPN B-PER", "Q PROPN B-PER")
    path.write_text("\n\n".join(sentences))
    run_stage("download")
    run_stage("tokenize_align")
    weights = Path("models/pretrained/encoder/model.safetensors")
    tensors = load_file(weights)
    piece = AutoTokenizer.from_pretrained("models/pretrained/tokenizer").convert_tokens_to_ids("##Q")
    tensors["embeddings.word_embeddings.weight"][piece] = np.nan
    save_file(tensors, weights, metadata={"format": "pt"})
    write_hashes(weights.parent)


def test_a_loss_that_is_not_finite_stops_at_its_step(finished: Path) -> None:
    damage_the_sixth_sentence("train")
    messages = []
    for engine in ENGINES:
        set_params(engine=engine)
        messages.append(error_of("train"))
    assert messages[0] == messages[1]
    match = re.match(
        r"train: the training loss is nan at step (\d+), epoch 1 \(sentences (\S+), (\S+)\); ", messages[0]
    )
    assert match, messages[0]
    assert int(match[1]) > 1, "earlier steps were finite"
    assert "train-5" in match.groups()


@pytest.mark.parametrize("engine", ENGINES)
def test_logits_that_are_not_finite_stop_with_the_sentences_of_validation(finished: Path, engine: str) -> None:
    damage_the_sixth_sentence("validation")
    set_params(engine=engine)
    message = error_of("train")
    assert (
        "train: the validation logits are NaN or infinite at step 9, epoch 1 (sentence validation-5); lower " in message
    )
