"""The two engines of train.py: the same steps, the same result."""

import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from helpers import tiny
from helpers.project import error_of, json_of, run_stage, run_stages
from helpers.tiny import BY_LENGTH, TAUGHT, TINY_PARAMS, assert_same_training, set_train_params, training_results
from safetensors.numpy import load_file
from transformers import AutoTokenizer

from tagline.artifacts import tokenized
from tagline.model.precision import available

ENGINES = ("accelerate", "trainer")
ENCODER_WEIGHTS = Path("models/pretrained/encoder/model.safetensors")
FINETUNED_WEIGHTS = Path("models/finetuned/model.safetensors")


def train(**changed):
    """Run the stage with some values changed, and return its metrics."""
    set_train_params(**changed)
    run_stage("train")
    return json_of("reports/train.json")


LINEAR = {"batches": BY_LENGTH, "subwords_per_device": 12, "pad_to_multiple_of": 4, "max_grad_norm": None}
LINEAR |= {"schedule": "cosine", **TAUGHT}
CRF = {"head": "crf", "max_steps": 11, "layer_decay": 0.5, "max_grad_norm": 0.1}


@pytest.mark.parametrize("changed", [LINEAR, CRF], ids=["linear", "crf"])
def test_both_engines_train_the_same_model(finished, changed):
    shutil.copytree("models/finetuned", "data/kept/old")
    tiny.set_params(tokenize_align={"lowercase_share": 0.5})
    run_stage("tokenize_align")
    results = []
    for engine in ENGINES:
        train(engine=engine, epochs=2, **changed)
        results.append(training_results())
    metrics, (losses, _), weights = results[0]
    assert losses["step"].iloc[-1] == metrics["steps"] == changed.get("max_steps", metrics["steps"])
    assert ("transitions" in weights) == ("head" in changed)
    assert_same_training(*results, curves=1e-5, weights=1e-5)


def test_precision_is_that_of_params_in_both_engines(finished, monkeypatch):
    if "bf16" not in available(torch.device("cpu")):
        pytest.skip("this host does not compute in it")
    losses = {}
    for precision, of_launcher in (("fp32", "bf16"), ("bf16", "no")):
        monkeypatch.setenv("ACCELERATE_MIXED_PRECISION", of_launcher)  # ignored
        for engine in ENGINES:
            assert train(engine=engine, precision=precision, max_steps=4)["precision"] == precision
            losses[precision, engine] = pd.read_csv("plots/train_loss.csv")["loss"].tolist()
    for precision in ("fp32", "bf16"):
        assert losses[precision, ENGINES[0]] == losses[precision, ENGINES[1]]
    assert losses["fp32", ENGINES[0]] != losses["bf16", ENGINES[0]]
    assert losses["bf16", ENGINES[0]] == pytest.approx(losses["fp32", ENGINES[0]], rel=0.1)
    assert {str(tensor.dtype) for tensor in load_file(FINETUNED_WEIGHTS).values()} == {"float32"}


def test_last_epoch_is_kept_if_validation_has_few_entities(finished, capsys):
    metrics = train(learning_rate=0.3)
    curve = pd.read_csv("plots/validation.csv")
    assert metrics["best_epoch"] == len(curve) == TINY_PARAMS["train"]["epochs"]
    assert curve["f1"].idxmax() + 1 < len(curve) - 2
    assert metrics["validation"]["f1"] == pytest.approx(curve["f1"].iloc[-1], abs=1e-4)
    told = "the last epoch is kept, since 18 entities are too few to choose one (below 30); F1"
    assert f"\nvalidation: {told} {curve['f1'].iloc[-1]:.3f} is mostly noise\n" in capsys.readouterr().out
    run_stage("evaluate")
    assert json_of("reports/evaluate.json")["validation"]["loss"] == metrics["validation"]["loss"]


def test_weights_of_the_best_epoch_are_kept(finished, monkeypatch):
    monkeypatch.setattr("tagline.training.training.FEW_ENTITIES", 0)
    metrics = train(engine="trainer", learning_rate=0.3)
    curve = pd.read_csv("plots/validation.csv")
    assert metrics["best_epoch"] == curve["f1"].idxmax() + 1 < len(curve)
    run_stage("evaluate")
    scores = json_of("reports/evaluate.json")["validation"]["overall"]
    for name in ("precision", "recall", "f1", "accuracy"):
        assert metrics["validation"][name] == scores[name]
        assert round(scores[name], 4) == curve[name][metrics["best_epoch"] - 1]


def test_only_used_word_embeddings_are_trained(finished):
    before = load_file(ENCODER_WEIGHTS)["embeddings.word_embeddings.weight"]
    after = load_file(FINETUNED_WEIGHTS)["bert.embeddings.word_embeddings.weight"]
    windows = tokenized.load_split(Path("data/tokenized"), "train").windows
    used = sorted({id_ for ids in windows["input_ids"] for id_ in ids})
    assert 0 < len(used) < len(before) / 2
    assert np.flatnonzero((after != before).any(axis=1)).tolist() == used


NAN_IN = [
    ("train", "accelerate", r"training loss is nan at step [2-9], epoch 1 \((?=.*\btrain-5\b)sentences .+\); lo"),
    ("validation", "trainer", r"validation logits are NaN or infinite at step 9, epoch 1 \(sentence valid.+-5\)"),
]


@pytest.mark.parametrize(("split", "engine", "message"), NAN_IN)
def test_nan_is_reported_with_step_and_sentences(finished, split, engine, message):
    # A sub-word of the sixth sentence occurs nowhere else, and its embedding is NaN.
    path = Path(f"data/tiny/{split}.conll")
    sentences = path.read_text().split("\n\n")
    sentences[5] = sentences[5].replace(" PROPN B-PER", "q PROPN B-PER")
    path.write_text("\n\n".join(sentences))
    run_stages("download", "tokenize_align")
    piece = AutoTokenizer.from_pretrained("models/pretrained/tokenizer").convert_tokens_to_ids("##q")
    with tiny.changed_weights(ENCODER_WEIGHTS.parent) as weights:
        weights["embeddings.word_embeddings.weight"][piece] = np.nan
    set_train_params(engine=engine)
    assert re.match(f"train: the {message}", error_of("train"))
