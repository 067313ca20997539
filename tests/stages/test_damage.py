"""Damage to artifacts: the stage that reads one says which file has changed, and writes nothing."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import pytest
from helpers.project import error_of, run_stage, snapshot
from helpers.tiny import TINY_PARAMS, write_params

from tagline.core.provenance import HASHES

# What each stage reads. The files of models/pretrained itself are for the model card.
INPUTS = {
    "tokenize_align": ("data/raw/train/00000.arrow", "models/pretrained/tokenizer/tokenizer.json"),
    "train": (
        "data/tokenized/windows/train/00000.arrow",
        "data/tokenized/hashes.json",
        "models/pretrained/encoder/model.safetensors",
        "models/pretrained/tokenizer/tokenizer.json",
    ),
    "evaluate": (
        "data/tokenized/sentences/test/00000.arrow",
        "models/finetuned/model.safetensors",
        "plots/train_loss.csv",
        "plots/validation.csv",
    ),
    "export": (
        "data/tokenized/labels.json",
        "models/finetuned/config.json",
        "data/raw/provenance.json",
        "data/predictions/provenance.json",
        "models/pretrained/provenance.json",
        "plots/validation.csv",
        "reports/evaluate.json",
    ),
}


def flip(path: Path) -> None:
    """Flip a bit in the middle of a file."""
    content = path.read_bytes()
    middle = len(content) // 2
    path.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])


@pytest.mark.parametrize("stage", INPUTS)
def test_flipped_bit_in_an_input_is_reported_by_its_stage(finished: Path, stage: str) -> None:
    for path in map(Path, INPUTS[stage]):
        content = path.read_bytes()
        flip(path)
        before = snapshot(finished)
        message = error_of(stage)
        assert message.startswith(f"{stage}: "), path
        assert path.as_posix() in message or path.name == HASHES, path
        assert "run `dvc checkout " in message or "run `dvc repro " in message, path
        assert "\n" not in message, path
        assert snapshot(finished) == before
        path.write_bytes(content)


def test_damaged_weights_are_not_pushed(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pushed = []
    monkeypatch.setattr("tagline.hub.push.Target.check", lambda self: None)
    monkeypatch.setattr("tagline.hub.push.Target.create", pushed.append)
    params = deepcopy(TINY_PARAMS)
    params["export"]["hub"]["repo_id"] = "ada/tagger"
    write_params(finished, params)
    flip(Path("models/export/model.safetensors"))
    with pytest.raises(SystemExit, match=r"^export: models/export/model.safetensors: changed since the stage export"):
        run_stage("export", "--push")
    assert not pushed
