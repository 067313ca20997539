"""train.py with inputs that do not belong together: told before the first step."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from conftest import edit, fault_of, save_encoder, word_piece


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("epochs: 6", "epoch: 6", "train.epoch: unknown key, did you mean epochs?"),
        ("seed: 7", "seed: -1", "train.seed: should be greater than or equal to 0, got -1"),
    ],
)
def test_bad_params(finished: Path, old: str, new: str, message: str) -> None:
    edit(Path("params.yaml"), old, new)
    assert message in fault_of("train")


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
    assert f"is missing: the stage {stage} writes it, so run `dvc repro {stage}` first" in fault_of("train")


def test_data_of_another_tokenizer(finished: Path) -> None:
    shutil.rmtree("models/pretrained/tokenizer")
    word_piece(["other"]).save_pretrained("models/pretrained/tokenizer")
    assert "data/tokenized was made by another tokenizer than models/pretrained/tokenizer" in fault_of("train")


def test_more_labels_in_the_data_than_names(finished: Path) -> None:
    labels = json.loads(Path("data/tokenized/labels.json").read_text())
    labels["names"] = labels["names"][:3]
    Path("data/tokenized/labels.json").write_text(json.dumps(labels))
    assert "the classifier has 3 labels, data/tokenized holds ids up to 4 and names 3" in fault_of("train")


def test_an_encoder_of_fewer_subwords(finished: Path) -> None:
    save_encoder(Path("models/pretrained/encoder"), word_piece([]), vocabulary=10)
    message = fault_of("train")
    assert "the encoder knows 10 sub-words, data/tokenized holds ids up to" in message
    assert "encoder and tokenizer do not belong together" in message


def test_windows_longer_than_the_encoder_reads(finished: Path) -> None:
    path = Path("models/pretrained/encoder/config.json")
    config = json.loads(path.read_text())
    path.write_text(json.dumps(config | {"max_position_embeddings": 16}))
    assert "models/pretrained/encoder holds no model for token classification" in fault_of("train")


def test_weights_that_are_cut_off(finished: Path) -> None:
    weights = Path("models/pretrained/encoder/model.safetensors")
    weights.write_bytes(weights.read_bytes()[:1000])
    assert "models/pretrained/encoder holds no model for token classification" in fault_of("train")


def test_an_encoder_that_no_token_classifier_fits_on(finished: Path) -> None:
    Path("models/pretrained/encoder/config.json").write_text('{"model_type": "vit"}')
    assert "models/pretrained/encoder holds no model for token classification" in fault_of("train")
