"""Damage to an artifact: the stage that reads it says which file has changed, and writes nothing."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import pytest
from helpers.project import error_of, run_stage
from helpers.tiny import TINY_PARAMS, write_params

from tagline.artifacts import exported
from tagline.core.provenance import HASHES, write_hashes

# What each stage reads. The files of models/pretrained itself are for the model card.
INPUTS = {
    "tokenize_align": ("data/raw", "models/pretrained/tokenizer"),
    "train": ("data/tokenized", "models/pretrained/encoder", "models/pretrained/tokenizer"),
    "evaluate": ("data/tokenized", "models/finetuned"),
    "export": ("data/tokenized", "models/finetuned"),
}
ORIGINS = ("data/raw", "data/predictions", "models/pretrained")
CURVES = ("plots/train_loss.csv", "plots/validation.csv")


def flip(path: Path) -> bytes:
    """Flip a bit in the middle of a file, and return its content of before."""
    content = path.read_bytes()
    middle = len(content) // 2
    path.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
    return content


def test_a_learning_curve_that_export_does_not_read_may_change(finished: Path) -> None:
    flip(Path(CURVES[0]))
    run_stage("export")


@pytest.mark.parametrize("stage", INPUTS)
def test_a_flipped_bit_in_any_file_is_reported(finished: Path, stage: str) -> None:
    files = [path for folder in INPUTS[stage] for path in sorted(Path(folder).rglob("*")) if path.is_file()]
    if stage == "evaluate":
        files += map(Path, CURVES)
    if stage == "export":
        files += [Path(folder, "provenance.json") for folder in ORIGINS]
        files += [Path(CURVES[1]), Path("reports/evaluate.json")]
    assert len(files) >= 5
    for path in files:
        content = flip(path)
        message = error_of(stage)
        assert message.startswith(f"{stage}: "), path
        assert path.as_posix() in message or path.name == HASHES, path
        assert "run `dvc checkout " in message or "run `dvc repro " in message, path
        assert "\n" not in message, path
        path.write_bytes(content)
    run_stage(stage)


def test_a_missing_and_an_additional_file_are_reported(finished: Path) -> None:
    path = Path("data/tokenized/windows/train/00000.arrow")
    path.with_name("00001.arrow").write_bytes(path.read_bytes())
    assert error_of("train").startswith("train: data/tokenized/windows/train/00001.arrow: unexpected")
    path.with_name("00001.arrow").rename(path)
    path.unlink()
    assert error_of("train").startswith("train: data/tokenized/windows/train/00000.arrow is missing")


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


def test_the_model_card_may_be_edited(finished: Path) -> None:
    Path("models/export/README.md").write_text("# A better card\n")
    exported.verify(Path("models/export"), exported.hashes(Path("models/export")))


def test_another_digit_in_a_score_is_reported(finished: Path) -> None:
    for stage, path, made_by in (
        ("evaluate", Path(CURVES[1]), "train"),
        ("export", Path("reports/evaluate.json"), "evaluate"),
    ):
        content = path.read_text()
        path.write_text(content.replace("0.", "1.", 1))
        message = error_of(stage)
        assert message.startswith(f"{stage}: {path}: changed since the stage {made_by} wrote it: its SHA-256 begins")
        assert message.endswith(f"/hashes.json); run `dvc repro {made_by}`")
        path.write_text(content)


def test_hashes_are_the_same_twice(finished: Path) -> None:
    for folder, others in {
        "data/raw": (),
        "data/tokenized": (),
        "models/finetuned": CURVES,
        "data/predictions": ("reports/evaluate.json",),
    }.items():
        before = Path(folder, HASHES).read_bytes()
        write_hashes(Path(folder), others={Path(path): Path(path) for path in others})
        assert Path(folder, HASHES).read_bytes() == before
