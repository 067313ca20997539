"""Loading models: their labels, their weights, their attention."""

import json

import numpy as np
import pytest
import torch
from helpers.architectures import config_of
from helpers.messages import message_of
from helpers.tiny import save_encoder, word_piece
from safetensors.torch import load_file, save_file
from transformers import AutoModel

from tagline.labels.label_list import Labels
from tagline.model import classifier
from tagline.terminal.errors import UserError

NER = Labels("ner", "spans", ("O", "B-PER", "I-PER"), "O")


POS = Labels("pos", "tags", ("NOUN", "VERB"), "NOUN")


@pytest.fixture
def encoder(tmp_path):
    save_encoder(tmp_path / "encoder", word_piece([]))
    return tmp_path / "encoder"


@pytest.fixture
def model(encoder, tmp_path):
    """A saved model of named entities."""
    classifier.new_classifier(encoder, NER).save_pretrained(tmp_path / "model")
    return tmp_path / "model"


def test_labels_are_stored_with_the_model(model):
    loaded = classifier.load(model, NER)
    assert loaded.config.id2label == {0: "O", 1: "B-PER", 2: "I-PER"}
    assert loaded.config.label2id == {"O": 0, "B-PER": 1, "I-PER": 2}
    assert not loaded.training
    assert classifier.load(model, NER, torch.bfloat16).dtype == torch.bfloat16
    message = "model: the model has 3 labels (O, B-PER, I-PER); expected those of task pos, 2 labels (NOUN, VERB); r"
    assert message in message_of(classifier.load, model, POS)


NAME = "encoder.layer.0.output.dense.weight"


def rewrite(folder, change=dict, **entries):
    """Change the tensors of a saved model, and entries of its config.json."""
    weights, config = folder / "model.safetensors", folder / "config.json"
    save_file(change(load_file(weights)), weights, metadata={"format": "pt"})
    config.write_text(json.dumps(json.loads(config.read_text()) | entries))


def without(part):
    return lambda tensors: {name: tensor for name, tensor in tensors.items() if part not in name}


def with_layer(tensors):
    """Tensors of one layer more."""
    return tensors | {name.replace(".0.", ".1."): tensor.clone() for name, tensor in tensors.items()}


UNFIT = [
    (without("query"), {}, r"encoder: 2 tensors \(bert.*of its config.json are missing; expected the weights"),
    (lambda tensors: tensors | {NAME: torch.zeros(3, 3)}, {}, rf"1 tensors \(bert.{NAME}\)"),
    (
        with_layer,
        {},
        r"16 tensors \(encoder.layer.1.* and 11 more\) are of more layers than its config.json has; expect",
    ),
    (dict, {"pad_token_id": 10**6}, "transformers can't load a token classifier"),
]


@pytest.mark.parametrize(("change", "entries", "message"), UNFIT)
def test_encoder_whose_weights_and_configuration_do_not_fit_is_refused(encoder, change, entries, message):
    rewrite(encoder, change, **entries)
    with pytest.raises(UserError, match=message):
        classifier.new_classifier(encoder, NER)


def test_encoder_may_lack_a_pooler_or_be_in_half_precision(encoder, tmp_path):
    rewrite(encoder, lambda tensors: {name: tensor.half() for name, tensor in tensors.items()})
    assert classifier.new_classifier(encoder, NER).dtype == torch.float32
    AutoModel.from_config(config_of("layoutlm")).save_pretrained(tmp_path)
    rewrite(tmp_path, without("pooler"))
    assert classifier.new_classifier(tmp_path, NER).classifier.out_features == 3


def test_classifier_of_another_task_is_drawn_anew(model):
    old = classifier.load(model, NER)
    for labels in (POS, NER):  # of another number of labels and of the same one
        new = classifier.new_classifier(model, labels)
        assert new.config.id2label == labels.id2label
        assert new.classifier.weight.shape == (len(labels.names), 16)
        assert not torch.isin(new.classifier.weight, old.classifier.weight).any()
        assert torch.equal(new.bert.embeddings.word_embeddings.weight, old.bert.embeddings.word_embeddings.weight)


def test_published_labels_are_those_of_a_classifier_that_the_task_shares(encoder, model):
    assert classifier.published_labels(model, NER) == NER.names
    assert classifier.published_labels(model, POS) is None
    assert classifier.published_labels(encoder, NER) is None, "it has no classifier"
    rewrite(encoder, dict, id2label=NER.id2label)
    assert classifier.published_labels(encoder, NER) is None, "nor if its configuration has labels"


def test_continued_classifier_keeps_the_rows_of_labels_with_the_same_name(model):
    old = classifier.load(model, NER).classifier
    torch.manual_seed(3)
    labels = Labels("ner", "spans", ("O", "B-LOC", "I-LOC", "B-PER", "I-PER"), "O")
    whole = classifier.new_classifier(model, labels, old=NER.names)
    new = whole.classifier
    assert torch.equal(new.weight[[0, 3, 4]], old.weight)
    assert 0 < new.weight[1:3].std() < 0.05, "drawn as in a new classifier"
    classifier.begin_with_shares(whole, np.array([6, 1, 0, 2, 0]), [1, 2])
    np.testing.assert_allclose(new.bias[1:3].detach(), np.log([2 / 14, 1 / 14]), rtol=1e-6)
    assert torch.equal(new.bias[[0, 3, 4]], old.bias)
    message = "model: the model has 3 labels (O, B-PER, I-PER); expected at least one of task pos, 2"
    assert message in message_of(classifier.new_classifier, model, POS, old=NER.names)


def test_labels_of_another_kind_are_refused(tmp_path):
    """What labels may be, tests/unit/labels/test_label_list.py shows."""
    (tmp_path / "config.json").write_text('{"model_type": "bert", "id2label": {"0": "O", "1": "O"}}')
    message = message_of(classifier.read_labels, tmp_path, NER)
    assert "config.json: unusable labels (names are not at least two different ones with the fallback" in message
    assert "); expected labels like those of task ner, 3 labels (O, B-" in message


SMALLER = [
    (config_of("bert", num_hidden_layers=6), 3),
    (config_of("distilbert", n_layers=4), 1),
    (config_of("longformer", num_hidden_layers=3, attention_window=[4, 6, 8]), 2),
    # It has a weight per layer and attention head, for contacts, which no token classifier reads.
    (config_of("esm", num_hidden_layers=3), 2),
]


@pytest.mark.parametrize(("config", "layers"), SMALLER)
def test_first_layers_become_a_model(tmp_path, config, layers):
    AutoModel.from_config(config).save_pretrained(tmp_path / "encoder")
    model = classifier.new_classifier(tmp_path / "encoder", NER, layers).eval()
    whole = classifier.new_classifier(tmp_path / "encoder", NER).state_dict()
    for name, weight in model.state_dict().items():
        assert "classifier" in name or "head" in name or torch.equal(weight, whole[name])
    model.save_pretrained(tmp_path / "model")
    ids = torch.arange(1, 9)[None]
    torch.testing.assert_close(classifier.load(tmp_path / "model", NER)(ids).logits, model(ids).logits)


def test_attention_is_eager_where_the_architecture_lacks_sdpa(encoder, tmp_path):
    AutoModel.from_config(config_of("mpnet")).save_pretrained(tmp_path)
    found = [classifier.new_classifier(folder, NER).config._attn_implementation for folder in (encoder, tmp_path)]
    assert found == ["sdpa", "eager"]


REFUSED_LAYERS = [
    ("bert", 3, "train.layers: 3; the encoder has 2 layers"),
    ("albert", 1, "train.layers: albert does not have one list of 2 layers; "),
]


@pytest.mark.parametrize(("architecture", "layers", "message"), REFUSED_LAYERS)
def test_other_layers_are_refused(tmp_path, architecture, layers, message):
    AutoModel.from_config(config_of(architecture)).save_pretrained(tmp_path)
    assert message in message_of(classifier.new_classifier, tmp_path, NER, layers)
