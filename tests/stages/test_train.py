"""train.py with inputs that do not fit each other: reported before the first step."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from helpers.project import edit, error_of, run_stage
from helpers.tiny import save_encoder, word_piece

from tagline.core.provenance import write_hashes
from tagline.training.fit_check import small_batches

ENCODER = Path("models/pretrained/encoder")
TOKENIZER = Path("models/pretrained/tokenizer")


def test_misspelt_param_is_reported(finished: Path) -> None:
    edit(Path("params.yaml"), "epochs: 6", "epoch: 6")
    assert "train.epoch: unknown key" in error_of("train")


@pytest.mark.parametrize(("folder", "stage"), [("data/tokenized", "tokenize-align"), (str(ENCODER), "download")])
def test_missing_input_names_the_stage_that_writes_it(finished: Path, folder: str, stage: str) -> None:
    shutil.rmtree(folder)
    assert f"is missing: the stage {stage} writes it, so run `dvc repro {stage}` first" in error_of("train")


def test_batches_that_are_too_small_for_a_gpu_are_reported(
    finished: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gpu = torch.device("cuda")
    monkeypatch.setattr("tagline.training.run.small_batches", lambda batches, _, n: small_batches(batches, gpu, n))
    edit(Path("params.yaml"), "max_steps:", "max_steps: 1")
    run_stage("train")
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("train.batches: ")]
    assert "sub-words per step and GPU; " in line


def test_data_of_another_tokenizer_are_refused(finished: Path) -> None:
    shutil.rmtree(TOKENIZER)
    word_piece(["other"]).save_pretrained(TOKENIZER)
    write_hashes(TOKENIZER)
    assert "data/tokenized was made by another tokenizer than models/pretrained/tokenizer" in error_of("train")


def test_encoder_with_a_smaller_vocabulary_is_refused(finished: Path) -> None:
    save_encoder(ENCODER, word_piece([]), vocabulary=10)
    write_hashes(ENCODER)
    assert "; the encoder's vocabulary has 10; use an encoder with its own tokenizer" in error_of("train")


def test_encoder_without_a_token_classifier_is_refused(finished: Path) -> None:
    (ENCODER / "config.json").write_text('{"model_type": "vit"}')
    write_hashes(ENCODER)
    assert "models/pretrained/encoder: transformers can't load a token classifier" in error_of("train")


def test_tokenizer_that_pads_on_the_left_changes_no_score(finished: Path) -> None:
    expected = Path("reports/train.json").read_text()
    path = TOKENIZER / "tokenizer_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"padding_side": "left"}))
    write_hashes(TOKENIZER)
    run_stage("train")
    assert Path("reports/train.json").read_text() == expected


@pytest.mark.parametrize("stage", ["check", "download", "tokenize_align", "train", "evaluate", "export"])
def test_unknown_argument_is_wrong_usage(finished: Path, stage: str) -> None:
    with pytest.raises(SystemExit) as raised:
        run_stage(stage, "--foo")
    assert raised.value.code == 2
