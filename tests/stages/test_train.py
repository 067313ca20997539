"""train.py with inputs that do not belong together: told before the first step."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from runpy import run_path

import pytest
import torch
from helpers.project import ROOT, edit, error_of, run_stage
from helpers.tiny import PEOPLE, PLACES, save_encoder, word_piece
from safetensors.torch import load_file, save_file
from transformers import RobertaConfig, RobertaForTokenClassification


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("epochs: 6", "epoch: 6", "train.epoch: unknown key, did you mean epochs?"),
        ("seed: 7", "seed: -1", "train.seed: should be greater than or equal to 0, got -1"),
        ("max_grad_norm: 1.0", "max_grad_norm: .inf", "train.max_grad_norm: should be a finite number, got inf"),
    ],
)
def test_bad_params(finished: Path, old: str, new: str, message: str) -> None:
    edit(Path("params.yaml"), old, new)
    assert message in error_of("train")


@pytest.mark.parametrize(
    ("folder", "stage"),
    [
        ("data/tokenized", "tokenize-align"),
        ("data/tokenized/windows/train", "tokenize-align"),
        ("models/pretrained/encoder", "download"),
        ("models/pretrained/tokenizer", "download"),
    ],
)
def test_missing_inputs(finished: Path, folder: str, stage: str) -> None:
    shutil.rmtree(folder)
    assert f"is missing: the stage {stage} writes it, so run `dvc repro {stage}` first" in error_of("train")


def test_data_of_another_tokenizer(finished: Path) -> None:
    shutil.rmtree("models/pretrained/tokenizer")
    word_piece(["other"]).save_pretrained("models/pretrained/tokenizer")
    assert "data/tokenized was made by another tokenizer than models/pretrained/tokenizer" in error_of("train")


def test_more_labels_in_the_data_than_names(finished: Path) -> None:
    labels = json.loads(Path("data/tokenized/labels.json").read_text())
    labels["names"] = labels["names"][:3]
    Path("data/tokenized/labels.json").write_text(json.dumps(labels))
    assert "the classifier has 3 labels, data/tokenized holds ids up to 4 and names 3" in error_of("train")


def test_an_encoder_of_fewer_subwords(finished: Path) -> None:
    save_encoder(Path("models/pretrained/encoder"), word_piece([]), vocabulary=10)
    message = error_of("train")
    assert "the encoder knows 10 sub-words, data/tokenized holds ids up to" in message
    assert "encoder and tokenizer do not belong together" in message


def test_windows_longer_than_the_encoder_reads(finished: Path) -> None:
    save_encoder(Path("models/pretrained/encoder"), word_piece([*PEOPLE, *PLACES]), positions=16)
    message = error_of("train")
    assert "the encoder reads at most 16 sub-words, data/tokenized has windows of " in message
    assert "lower tokenize_align.max_length in params.yaml" in message


def test_windows_padded_to_more_than_the_encoder_reads(finished: Path) -> None:
    edit(Path("params.yaml"), "pad_to_multiple_of:", "pad_to_multiple_of: 100")
    message = error_of("train")
    assert "the encoder reads at most 64 sub-words, train.pad_to_multiple_of = 100 makes 100 of " in message
    assert "choose a divisor of 64, or null" in message


def test_weights_that_are_cut_off(finished: Path) -> None:
    weights = Path("models/pretrained/encoder/model.safetensors")
    weights.write_bytes(weights.read_bytes()[:1000])
    assert "models/pretrained/encoder holds no model for token classification" in error_of("train")


def test_an_encoder_that_no_token_classifier_fits_on(finished: Path) -> None:
    Path("models/pretrained/encoder/config.json").write_text('{"model_type": "vit"}')
    assert "models/pretrained/encoder holds no model for token classification" in error_of("train")


def test_a_tokenizer_that_pads_on_the_left_changes_no_score(finished: Path) -> None:
    expected = Path("metrics/train.json").read_text()
    path = Path("models/pretrained/tokenizer/tokenizer_config.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | {"padding_side": "left"}))
    run_stage("train")
    assert Path("metrics/train.json").read_text() == expected


def test_a_loss_that_is_not_finite_stops(finished: Path) -> None:
    weights = Path("models/pretrained/encoder/model.safetensors")
    tensors = load_file(weights)
    tensors["encoder.layer.0.output.dense.weight"].fill_(float("nan"))
    save_file(tensors, weights, metadata={"format": "pt"})
    message = error_of("train")
    assert "train: the train loss is nan at step 1, epoch 1, in the sentences " in message
    assert re.search(r"in the sentences (train-\d+|\d+), (train-\d+|\d+): lower train.learning_rate", message), message


def test_positions_of_roberta_begin_behind_padding(finished: Path) -> None:
    positions = run_path(str(ROOT / "stages/train.py"))["positions"]
    size = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    roberta = RobertaForTokenClassification(RobertaConfig(max_position_embeddings=66, pad_token_id=1, **size))
    assert positions(roberta) == 64
    assert positions(torch.nn.Linear(1, 1)) is None


@pytest.mark.parametrize("stage", ["check", "download", "tokenize_align", "train", "evaluate", "export"])
def test_arguments_that_no_stage_has(finished: Path, stage: str) -> None:
    with pytest.raises(SystemExit) as raised:
        run_stage(stage, "--foo")
    assert raised.value.code == 2


@pytest.mark.parametrize("content", ["{", "[]", "{}"])
def test_damaged_labels(finished: Path, content: str) -> None:
    Path("data/tokenized/labels.json").write_text(content)
    message = error_of("train")
    assert "data/tokenized/labels.json is damaged" in message
    assert "run `dvc repro tokenize-align` again" in message
