"""Inputs that are missing, damaged or do not fit each other: the stage that reads them says so, and writes nothing."""

from pathlib import Path

import pytest
import torch
from helpers.project import NAMES, STAGES, declared, error_of, run_verb
from helpers.tiny import set_params, word_piece
from transformers import PreTrainedModel

from tagline.core.provenance import HASHES, write_hashes
from tagline.model.backends.torch_model import TorchModel

TOKENIZER = Path("models/pretrained/tokenizer")

# What each stage reads. The files of models/pretrained itself are for the report and the model card.
INPUTS = {
    "tokenize_align": "data/raw/train/00000.arrow models/pretrained/tokenizer/tokenizer.json",
    "train": "data/tokenized/windows/train/00000.arrow data/tokenized/hashes.json "
    "models/pretrained/encoder/model.safetensors models/pretrained/tokenizer/tokenizer.json",
    "evaluate": "data/tokenized_tests/sentences/test/00000.arrow models/finetuned/model.safetensors "
    "data/raw/provenance.json models/pretrained/provenance.json "
    "plots/train_loss.csv plots/validation.csv reports/data.json",
    "export": "data/tokenized/labels.json models/finetuned/config.json data/raw/provenance.json "
    "data/predictions/provenance.json models/pretrained/provenance.json plots/validation.csv "
    "reports/data.json reports/evaluate.json",
}


# What each stage writes.
OUTS = {NAMES[stage]: declared(stage, "outs", "metrics", "plots") for stage in STAGES}


def flip(path: Path):
    """Flip a bit in the middle of a file."""
    content = path.read_bytes()
    middle = len(content) // 2
    path.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])


@pytest.mark.parametrize("stage", INPUTS)
def test_changed_or_missing_input_is_reported_by_its_stage(finished, stage):
    for path in map(Path, INPUTS[stage].split()):
        (writer,) = (name for name, outs in OUTS.items() if any(path.is_relative_to(out) for out in outs))
        content = path.read_bytes()
        missing = f"is missing; expected what the stage {writer} writes; run `dvc pull"
        for harm, fault in ((flip, "run `dvc "), (Path.unlink, missing)):
            harm(path)
            message = error_of(stage)
            assert message.startswith(f"{stage}: ") and fault in message and "\n" not in message, path
            assert path.as_posix() in message or path.name == HASHES, path
        path.write_bytes(content)


OUT_OF_MEMORY = [
    (
        "train",
        TorchModel,
        "forward",
        "the device is out of memory with train.subwords_per_device: null; set it in params.yaml, or lower",
    ),
    (
        "evaluate",
        TorchModel,
        "forward",
        "the device is out of memory with evaluate.subwords_per_batch: 64; set it in params.yaml, or l",
    ),
    ("export", TorchModel, "forward", "the device is out of memory; expected enough for the model and 16,384 sub-w"),
    ("evaluate", PreTrainedModel, "to", "evaluate: the device is out of memory; expected enough for the model and"),
    ("export", PreTrainedModel, "to", "export: the device is out of memory; expected enough for the model and"),
]


@pytest.mark.parametrize(("stage", "model", "method", "message"), OUT_OF_MEMORY)
def test_device_out_of_memory_is_reported_by_its_stage(finished, monkeypatch, stage, model, method, message):
    def fail(*_: object):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")

    monkeypatch.setattr(model, method, fail)
    assert message in error_of(stage)


def test_damaged_weights_are_not_pushed(finished, monkeypatch):
    pushed = []
    monkeypatch.setattr("tagline.hub.push.Target.check", lambda self: None)
    monkeypatch.setattr("tagline.hub.push.Target.create", pushed.append)
    set_params(export={"hub": {"repo_id": "ada/tagger"}})
    flip(Path("models/export/model.safetensors"))
    with pytest.raises(SystemExit, match=r"^push: models/export/model.safetensors: changed since the stage export"):
        run_verb("push")
    assert not pushed


UNFIT = [
    ("train", TOKENIZER, "data/tokenized was made by another tokenizer than models/pretrained/"),
    ("evaluate export", Path("models/finetuned"), "was made by another tokenizer than models/finetuned"),
]


@pytest.mark.parametrize(("stages", "folder", "message"), UNFIT)
def test_another_tokenizer_is_reported(finished, stages, folder, message):
    """Labels and weights that do not fit, tests/unit/model/test_classifier.py shows."""
    word_piece(["other"]).save_pretrained(folder)
    write_hashes(folder)
    for stage in stages.split():
        assert message in error_of(stage)
