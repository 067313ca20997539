"""The two engines of train.py: the same steps, the same result."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from helpers.project import error_of, run_stage
from helpers.tiny import TINY_PARAMS, set_train_params
from safetensors.numpy import load_file, save_file
from transformers import AutoTokenizer

from tagline.artifacts import tokenized
from tagline.core.provenance import write_hashes
from tagline.model.precision import available

ENGINES = ("accelerate", "trainer")
BY_LENGTH = {"order": "by_length", "subwords_per_batch": 40, "batch_size": 2}


def train(**changed: Any) -> dict[str, Any]:
    """Run the stage with some values changed, and return its metrics."""
    set_train_params(**changed)
    run_stage("train")
    return json.loads(Path("reports/train.json").read_text())


@pytest.mark.parametrize(
    ("changed", "steps"),
    [
        ({"label_smoothing": 0.1, "schedule": "cosine"}, 18),
        ({"batches": BY_LENGTH, "subwords_per_device": 12, "max_grad_norm": None, "pad_to_multiple_of": 4}, None),
        ({"max_steps": 11, "weight_decay": 0.0, "max_grad_norm": 0.1}, 11),
    ],
)
def test_both_engines_train_the_same_model(finished: Path, changed: dict[str, Any], steps: int | None) -> None:
    curves, metrics, weights = [], [], []
    for engine in ENGINES:
        metrics.append(train(engine=engine, epochs=2, **changed))
        curves.append([pd.read_csv(f"plots/{name}.csv") for name in ("train_loss", "validation")])
        weights.append(load_file("models/finetuned/model.safetensors"))
    assert metrics[0]["steps"] == steps or steps is None
    assert curves[0][0]["step"].iloc[-1] == metrics[0]["steps"]
    for ours, theirs in zip(*curves, strict=True):
        pd.testing.assert_frame_equal(ours, theirs, rtol=0, atol=1e-5)
    assert metrics[0] == metrics[1]
    for name, tensor in weights[0].items():
        np.testing.assert_allclose(tensor, weights[1][name], rtol=0, atol=1e-5)


def test_half_precision_rounds_alike_in_both_engines(finished: Path) -> None:
    if "bf16" not in available(torch.device("cpu")):
        pytest.skip("this host does not compute in it")
    losses = []
    for engine, precision in ((ENGINES[0], "fp32"), (ENGINES[0], "bf16"), (ENGINES[1], "bf16")):
        metrics = train(engine=engine, precision=precision, epochs=1)
        assert metrics["precision"] == precision
        losses.append(pd.read_csv("plots/train_loss.csv")["loss"].tolist())
    assert losses[1] == losses[2] != losses[0]
    assert losses[1] == pytest.approx(losses[0], rel=0.1)
    assert {str(tensor.dtype) for tensor in load_file("models/finetuned/model.safetensors").values()} == {"float32"}


@pytest.mark.parametrize("engine", ENGINES)
def test_precision_of_a_launcher_is_ignored(finished: Path, engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    losses = []
    for _ in range(2):
        train(engine=engine, max_steps=2)
        losses.append(Path("plots/train_loss.csv").read_text())
        monkeypatch.setenv("ACCELERATE_MIXED_PRECISION", "bf16")
    assert losses[0] == losses[1]


@pytest.mark.parametrize("engine", ENGINES)
def test_early_stopping_keeps_the_best_epoch(finished: Path, engine: str) -> None:
    metrics = train(engine=engine, early_stopping=2)
    rows = pd.read_csv("plots/validation.csv")
    # The first epoch with the best F1, and two with the same F1 and lower losses.
    assert rows["f1"].tolist().index(rows["f1"].max()) == len(rows) - 3
    assert len(rows) < TINY_PARAMS["train"]["epochs"], "the tiny corpus is learnt before the last epoch"
    assert metrics["validation"]["f1"] == 1.0
    assert (metrics["best_epoch"], metrics["steps"]) == (len(rows), 9 * len(rows))


def test_saved_weights_are_those_of_the_best_epoch(finished: Path) -> None:
    metrics = train(learning_rate=0.1)
    assert metrics["best_epoch"] < TINY_PARAMS["train"]["epochs"]
    run_stage("evaluate")
    scores = json.loads(Path("reports/evaluate.json").read_text())["validation"]["overall"]
    for name in ("precision", "recall", "f1", "accuracy"):
        assert metrics["validation"][name] == scores[name]


def test_only_used_word_embeddings_are_trained(finished: Path) -> None:
    train(max_steps=9)
    before = load_file("models/pretrained/encoder/model.safetensors")["embeddings.word_embeddings.weight"]
    after = load_file("models/finetuned/model.safetensors")["bert.embeddings.word_embeddings.weight"]
    windows = tokenized.load_split(Path("data/tokenized"), "train").windows
    used = sorted({id_ for ids in windows["input_ids"] for id_ in ids})
    assert 0 < len(used) < len(before) / 2
    assert np.flatnonzero((after != before).any(axis=1)).tolist() == used


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


def test_training_loss_that_is_not_finite_names_step_and_sentences(finished: Path) -> None:
    damage_the_sixth_sentence("train")
    set_train_params()
    message = error_of("train")
    match = re.match(r"train: the training loss is nan at step (\d+), epoch 1 \(sentences (\S+), (\S+)\); ", message)
    assert match, message
    assert int(match[1]) > 1, "earlier steps were finite"
    assert "train-5" in match.groups()


def test_validation_logits_that_are_not_finite_name_the_sentence(finished: Path) -> None:
    damage_the_sixth_sentence("validation")
    set_train_params(engine="trainer")
    message = error_of("train")
    assert (
        "train: the validation logits are NaN or infinite at step 9, epoch 1 (sentence validation-5); lower " in message
    )
