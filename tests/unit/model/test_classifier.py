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


def test_a_new_classifier_depends_on_the_seed(encoder: Path) -> None:
    weights = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        weights.append(classifier.new_classifier(encoder, NER).classifier.weight)
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_labels_are_stored_with_the_model(encoder: Path, tmp_path: Path) -> None:
    classifier.new_classifier(encoder, NER).save_pretrained(tmp_path / "model")
    loaded = classifier.load(tmp_path / "model", NER)
    assert loaded.config.id2label == {0: "O", 1: "B-PER", 2: "I-PER"}
    assert loaded.config.label2id == {"O": 0, "B-PER": 1, "I-PER": 2}
    assert not loaded.training
    assert classifier.load(tmp_path / "model", NER, torch.bfloat16).dtype == torch.bfloat16


def test_model_of_other_labels_is_refused(encoder: Path, tmp_path: Path) -> None:
    classifier.new_classifier(encoder, POS).save_pretrained(tmp_path / "model")
    for labels, names in (
        (NER, r"task ner, 3 labels \(O, B-PER, I-PER\)"),
        (Labels("pos", "tags", ("VERB", "NOUN"), "NOUN"), r"task pos, 2 labels \(VERB, NOUN\)"),
    ):
        message = rf"model: the model has 2 labels \(NOUN, VERB\); expected those of {names}; run `dvc repro train`"
        with pytest.raises(UserError, match=message):
            classifier.load(tmp_path / "model", labels)
    with pytest.raises(UserError, match="the stage train writes it"):
        classifier.load(tmp_path / "none", NER)


Change = Callable[[dict[str, torch.Tensor]], dict[str, torch.Tensor]]


def rewrite(folder: Path, change: Change) -> None:
    """Change the tensors of a saved model."""
    weights = folder / "model.safetensors"
    save_file(change(load_file(weights)), weights, metadata={"format": "pt"})


@pytest.mark.parametrize("layers", [0, 1])
def test_fewer_layers_than_the_weights_have(encoder: Path, tmp_path: Path, layers: int) -> None:
    classifier.new_classifier(encoder, NER).save_pretrained(tmp_path / "model")
    count = 16 * (2 - layers)
    for folder, prefix in ((encoder, ""), (tmp_path / "model", "bert.")):
        rewrite(
            folder, lambda tensors: tensors | {name.replace(".0.", ".1."): t.clone() for name, t in tensors.items()}
        )
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(config | {"num_hidden_layers": layers}))
        message = (
            rf"{count} tensors \({prefix}encoder.layer.{layers}.*, ...\) are of more layers than its config.json has"
        )
        with pytest.raises(UserError, match=message):
            classifier.new_classifier(folder, NER) if folder == encoder else classifier.load(folder, NER)


@pytest.mark.parametrize("padding", [-1, 10**6, 1.5])
def test_padding_that_the_encoder_does_not_have(encoder: Path, padding: float) -> None:
    path = encoder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"pad_token_id": padding}))
    with pytest.raises(UserError, match="transformers can't load a token classifier"):
        classifier.new_classifier(encoder, NER)


def test_other_outputs_in_the_configuration_are_ignored(encoder: Path, tmp_path: Path) -> None:
    path = encoder / "config.json"
    entries = {"return_dict": False, "output_attentions": True, "output_hidden_states": True}
    path.write_text(json.dumps(json.loads(path.read_text()) | entries))
    model = classifier.new_classifier(encoder, NER)
    assert set(model(input_ids=torch.ones((1, 4), dtype=torch.long))) == {"logits"}
    model.save_pretrained(tmp_path / "model")
    assert not entries.keys() & json.loads((tmp_path / "model/config.json").read_text()).keys()


NAME = "encoder.layer.0.output.dense.weight"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda tensors: {f"other.{name}": tensor for name, tensor in tensors.items()},
            r"encoder: \d+ tensors \(bert.*of its config.json are missing; expected the weights",
        ),
        (lambda tensors: tensors | {NAME: torch.zeros(3, 3)}, rf"1 tensors \(bert.{NAME}\)"),
    ],
)
def test_missing_weights_are_not_replaced_by_random_ones(encoder: Path, change: Change, message: str) -> None:
    rewrite(encoder, change)
    with pytest.raises(UserError, match=message):
        classifier.new_classifier(encoder, NER)


def test_a_pooler_may_be_missing(tmp_path: Path) -> None:
    config = LayoutLMConfig(
        vocab_size=20, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8
    )
    LayoutLMModel(config).save_pretrained(tmp_path)
    rewrite(tmp_path, lambda tensors: {name: t for name, t in tensors.items() if "pooler" not in name})
    assert classifier.new_classifier(tmp_path, NER).classifier.out_features == 3


def test_a_classifier_instead_of_an_encoder(encoder: Path, tmp_path: Path) -> None:
    classifier.new_classifier(encoder, NER).save_pretrained(tmp_path / "model")
    with pytest.raises(UserError, match="model: already a token classifier; expected an encoder without a classifier"):
        classifier.new_classifier(tmp_path / "model", NER)
    assert classifier.new_classifier(tmp_path / "model", POS).classifier.out_features == 2, (
        "a head of another size is initialised"
    )


def test_a_model_without_its_head(encoder: Path, tmp_path: Path) -> None:
    classifier.new_classifier(encoder, NER).save_pretrained(tmp_path / "model")
    rewrite(tmp_path / "model", lambda tensors: {name: t for name, t in tensors.items() if "classifier" not in name})
    with pytest.raises(UserError, match=r"2 tensors \(classifier.bias, classifier.weight\)"):
        classifier.load(tmp_path / "model", NER)


def test_training_starts_in_float32(encoder: Path) -> None:
    rewrite(encoder, lambda tensors: {name: tensor.half() for name, tensor in tensors.items()})
    assert classifier.new_classifier(encoder, NER).dtype == torch.float32


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_attention_is_chosen_and_not_stored(encoder: Path, tmp_path: Path, attention: str) -> None:
    model = classifier.new_classifier(encoder, NER, attention)
    assert model.config._attn_implementation == attention
    model.save_pretrained(tmp_path / "model")
    assert attention not in (tmp_path / "model/config.json").read_text()


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
