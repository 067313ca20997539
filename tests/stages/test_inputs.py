"""Inputs that do not fit each other, and a device out of memory: the stage says so, and writes nothing."""

from pathlib import Path

import pytest
import torch
from helpers.project import error_of
from helpers.tiny import word_piece
from transformers import PreTrainedModel

from tagline.core.provenance import write_hashes
from tagline.model.backends.torch_model import TorchModel

OUT_OF_MEMORY = [
    ("train", TorchModel, "forward", "train.subwords_per_device: null; set it in params.yaml, or lower"),
    ("evaluate", TorchModel, "forward", "evaluate.subwords_per_batch: 64; set it in params.yaml, or l"),
    ("export", TorchModel, "forward", "the device is out of memory; expected enough for the model and 16,384 sub-w"),
    ("evaluate", PreTrainedModel, "to", "evaluate: the device is out of memory; expected enough for the model and"),
]


@pytest.mark.parametrize(("stage", "model", "method", "message"), OUT_OF_MEMORY)
def test_device_out_of_memory_is_reported_by_its_stage(finished, monkeypatch, stage, model, method, message):
    def fail(*_):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")

    monkeypatch.setattr(model, method, fail)
    assert message in error_of(stage)


UNFIT = [
    ("train", "models/pretrained/tokenizer", "data/tokenized was made by another tokenizer than models/pretrained/"),
    ("evaluate", "models/finetuned", "was made by another tokenizer than models/finetuned"),
    ("export", "models/finetuned", "was made by another tokenizer than models/finetuned"),
]


@pytest.mark.parametrize(("stage", "folder", "message"), UNFIT)
def test_another_tokenizer_is_reported(finished, stage, folder, message):
    """Labels and weights that do not fit, tests/unit/model/test_classifier.py shows."""
    word_piece(["other"]).save_pretrained(folder)
    write_hashes(Path(folder))
    assert message in error_of(stage)
