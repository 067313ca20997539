"""Loading models: their labels, their weights, their attention."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from helpers.tiny import save_encoder, word_piece
from safetensors.torch import load_file, save_file
from transformers import BertForTokenClassification, LayoutLMConfig, LayoutLMModel

from tagline.core.errors import UserError
from tagline.labels.label_list import Labels
from tagline.model import classifier

NER = Labels("ner", "spans", ("O", "B-PER", "I-PER"), "O")
POS = Labels("pos", "tags", ("NOUN", "VERB"), "NOUN")


@pytest.fixture
def encoder(tmp_path: Path) -> Path:
    save_encoder(tmp_path / "encoder", word_piece([]))
    return tmp_path / "encoder"


def test_labels_are_stored_with_the_model(encoder: Path, tmp_path: Path) -> None:
    classifier.new_classifier(encoder, NER).save_pretrained(tmp_path / "model")
    loaded = classifier.load(tmp_path / "model", NER)
    assert loaded.config.id2label == {0: "O", 1: "B-PER", 2: "I-PER"}
    assert loaded.config.label2id == {"O": 0, "B-PER": 1, "I-PER": 2}
    assert not loaded.training
    assert classifier.load(tmp_path / "model", NER, torch.bfloat16).dtype == torch.bfloat16


def test_model_of_other_labels_is_refused(encoder: Path, tmp_path: Path) -> None:
    classifier.new_classifier(encoder, POS).save_pretrained(tmp_path / "model")
    message = r"model: the model has 2 labels \(NOUN, VERB\); expected those of task pos, 2 labels \(VERB, NOUN\); r"
    with pytest.raises(UserError, match=message):
        classifier.load(tmp_path / "model", Labels("pos", "tags", ("VERB", "NOUN"), "NOUN"))
    with pytest.raises(UserError, match="the stage train writes it"):
        classifier.load(tmp_path / "none", NER)


Tensors = dict[str, torch.Tensor]
NAME = "encoder.layer.0.output.dense.weight"


def rewrite(folder: Path, change: Callable[[Tensors], Tensors] = dict, **entries: object) -> None:
    """Change the tensors of a saved model, and entries of its config.json."""
    weights, config = folder / "model.safetensors", folder / "config.json"
    save_file(change(load_file(weights)), weights, metadata={"format": "pt"})
    config.write_text(json.dumps(json.loads(config.read_text()) | entries))


def without(part: str) -> Callable[[Tensors], Tensors]:
    return lambda tensors: {name: tensor for name, tensor in tensors.items() if part not in name}


def with_layer(tensors: Tensors) -> Tensors:
    """Tensors of one layer more."""
    return tensors | {name.replace(".0.", ".1."): tensor.clone() for name, tensor in tensors.items()}


@pytest.mark.parametrize(
    ("change", "entries", "message"),
    [
        (without("query"), {}, r"encoder: 2 tensors \(bert.*of its config.json are missing; expected the weights"),
        (lambda tensors: tensors | {NAME: torch.zeros(3, 3)}, {}, rf"1 tensors \(bert.{NAME}\)"),
        (with_layer, {}, r"16 tensors \(encoder.layer.1.*, ...\) are of more layers than its config.json has; expect"),
        (dict, {"pad_token_id": 10**6}, "transformers can't load a token classifier"),
    ],
)
def test_encoder_whose_weights_and_configuration_do_not_fit_is_refused(
    encoder: Path, change: Callable[[Tensors], Tensors], entries: dict[str, object], message: str
) -> None:
    rewrite(encoder, change, **entries)
    with pytest.raises(UserError, match=message):
        classifier.new_classifier(encoder, NER)


def test_pooler_may_be_missing(tmp_path: Path) -> None:
    sizes = dict.fromkeys(("num_hidden_layers", "num_attention_heads"), 1)
    LayoutLMModel(LayoutLMConfig(vocab_size=20, hidden_size=8, intermediate_size=8, **sizes)).save_pretrained(tmp_path)
    rewrite(tmp_path, without("pooler"))
    assert classifier.new_classifier(tmp_path, NER).classifier.out_features == 3


def test_classifier_instead_of_an_encoder_is_refused_unless_its_size_differs(encoder: Path, tmp_path: Path) -> None:
    classifier.new_classifier(encoder, NER).save_pretrained(tmp_path / "model")
    with pytest.raises(UserError, match="model: already a token classifier; expected an encoder without a classifier"):
        classifier.new_classifier(tmp_path / "model", NER)
    assert classifier.new_classifier(tmp_path / "model", POS).classifier.out_features == 2


def test_training_starts_in_float32_with_the_attention_asked_for(encoder: Path, tmp_path: Path) -> None:
    rewrite(encoder, lambda tensors: {name: tensor.half() for name, tensor in tensors.items()})
    model = classifier.new_classifier(encoder, NER, "eager")
    assert (model.dtype, model.config._attn_implementation) == (torch.float32, "eager")
    model.save_pretrained(tmp_path / "model")
    assert "eager" not in (tmp_path / "model/config.json").read_text()


def test_attention_that_is_not_available_is_refused(encoder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for installed, message in (
        (False, "train.attention: flash_attention_2 is not available: its package is not installed"),
        (True, "it needs bf16 or fp16, and train.precision is fp32 here"),
    ):
        monkeypatch.setitem(classifier._PACKAGED, "flash_attention_2", lambda installed=installed: installed)
        with pytest.raises(UserError, match=message):
            classifier.new_classifier(encoder, NER, "flash_attention_2", "fp32")
    monkeypatch.setattr(BertForTokenClassification, "_can_set_attn_implementation", lambda _: False)
    message = r"eager is not available: transformers has only one implementation .*; expected sdpa$"
    with pytest.raises(UserError, match=message):
        classifier.new_classifier(encoder, NER, "eager")
