"""train.py with inputs that do not fit each other: reported before the first step."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
import torch
from helpers.project import edit, error_of, run_stage
from helpers.tiny import PEOPLE, PLACES, save_encoder, word_piece
from safetensors.torch import load_file, save_file

from tagline.core.provenance import write_hashes
from tagline.training.fit_check import small_batches

TOKENIZED = Path("data/tokenized")
ENCODER = Path("models/pretrained/encoder")
TOKENIZER = Path("models/pretrained/tokenizer")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("epochs: 6", "epoch: 6", "train.epoch: unknown key"),
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


def test_batches_that_are_too_small_for_the_device(
    finished: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(Path("params.yaml"), "max_steps:", "max_steps: 1")
    run_stage("train")
    assert "train.batches" not in capsys.readouterr().out
    gpu = torch.device("cuda")
    monkeypatch.setattr("tagline.training.run.small_batches", lambda batches, _, n: small_batches(batches, gpu, n))
    edit(Path("params.yaml"), "max_steps: 1", "max_steps: 2")
    run_stage("train")
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("train.batches: ")]
    assert "sub-words per step and GPU; " in line


def test_data_of_another_tokenizer(finished: Path) -> None:
    shutil.rmtree("models/pretrained/tokenizer")
    word_piece(["other"]).save_pretrained("models/pretrained/tokenizer")
    write_hashes(TOKENIZER)
    assert "data/tokenized was made by another tokenizer than models/pretrained/tokenizer" in error_of("train")


def test_more_labels_in_the_data_than_names(finished: Path) -> None:
    labels = json.loads(Path("data/tokenized/labels.json").read_text())
    labels["names"] = labels["names"][:3]
    Path("data/tokenized/labels.json").write_text(json.dumps(labels))
    write_hashes(TOKENIZED)
    assert "data/tokenized/sentences/train: damaged (the features differ from those of labels.json)" in error_of(
        "train"
    )


def test_an_encoder_with_a_smaller_vocabulary(finished: Path) -> None:
    save_encoder(ENCODER, word_piece([]), vocabulary=10)
    write_hashes(ENCODER)
    message = error_of("train")
    assert "train: data/tokenized: sub-word ids up to " in message
    assert "; the encoder's vocabulary has 10; use an encoder with its own tokenizer" in message


def test_windows_longer_than_the_encoder_reads(finished: Path) -> None:
    save_encoder(ENCODER, word_piece([*PEOPLE, *PLACES]), positions=16)
    write_hashes(ENCODER)
    message = error_of("train")
    assert "train: data/tokenized: windows of up to " in message
    assert "; the encoder reads at most 16; lower tokenize_align.max_length in params.yaml" in message


def test_windows_padded_to_more_than_the_encoder_reads(finished: Path) -> None:
    edit(Path("params.yaml"), "pad_to_multiple_of:", "pad_to_multiple_of: 100")
    message = error_of("train")
    assert "train: train.pad_to_multiple_of: 100 pads windows of " in message
    assert " sub-words to 100; the encoder reads at most 64; choose a divisor of 64, or null" in message


def test_truncated_weights(finished: Path) -> None:
    weights = ENCODER / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    write_hashes(ENCODER)
    assert "models/pretrained/encoder: transformers can't load a token classifier" in error_of("train")


def test_an_encoder_without_a_token_classifier(finished: Path) -> None:
    (ENCODER / "config.json").write_text('{"model_type": "vit"}')
    write_hashes(ENCODER)
    assert "models/pretrained/encoder: transformers can't load a token classifier" in error_of("train")


def test_a_tokenizer_that_pads_on_the_left_changes_no_score(finished: Path) -> None:
    expected = Path("reports/train.json").read_text()
    path = TOKENIZER / "tokenizer_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"padding_side": "left"}))
    write_hashes(TOKENIZER)
    run_stage("train")
    assert Path("reports/train.json").read_text() == expected


def test_a_loss_that_is_not_finite_stops(finished: Path) -> None:
    weights = ENCODER / "model.safetensors"
    tensors = load_file(weights)
    tensors["encoder.layer.0.output.dense.weight"].fill_(float("nan"))
    save_file(tensors, weights, metadata={"format": "pt"})
    write_hashes(ENCODER)
    message = error_of("train")
    assert "train: the training loss is nan at step 1, epoch 1 (sentences " in message
    assert re.search(r"\(sentences (train-\d+|\d+), (train-\d+|\d+)\); lower train.learning_rate", message), message


@pytest.mark.parametrize("stage", ["check", "download", "tokenize_align", "train", "evaluate", "export"])
def test_unknown_arguments(finished: Path, stage: str) -> None:
    with pytest.raises(SystemExit) as raised:
        run_stage(stage, "--foo")
    assert raised.value.code == 2


@pytest.mark.parametrize("content", ["{", "[]", "{}"])
def test_damaged_labels(finished: Path, content: str) -> None:
    Path("data/tokenized/labels.json").write_text(content)
    write_hashes(TOKENIZED)
    message = error_of("train")
    assert "data/tokenized/labels.json: damaged" in message
    assert "run `dvc repro tokenize-align` again" in message
