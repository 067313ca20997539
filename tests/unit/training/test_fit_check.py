"""The longest window of encoders of many architectures, and data that does not fit a model."""

from pathlib import Path

import pytest
import torch
from datasets import Dataset
from helpers.architectures import new_model
from helpers.windows import LABELS

from tagline.artifacts.tokenized import Split
from tagline.model.classifier import longest_window
from tagline.terminal.errors import UserError
from tagline.training.fit_check import (
    check_fit,
    check_mask,
    freeze_unused,
)


def reads(model, length):
    try:
        model(input_ids=torch.full((1, length), 5), attention_mask=torch.ones(1, length, dtype=torch.int64))
    except (IndexError, RuntimeError):
        return False
    return True


LONGEST = [
    ("bert", {}, 64),
    ("roberta", {}, 64),
    ("gpt2", {"n_positions": 64}, 64),
    ("biogpt", {}, 64),
    ("mpt", {"max_seq_len": 64}, 64),
    ("deberta-v2", {"position_biased_input": False}, None),
    ("modernbert", {}, None),
]


@pytest.mark.parametrize(("name", "config", "expected"), LONGEST)
def test_longest_window_is_what_the_model_reads(name, config, expected):
    model = new_model(name, **config)
    assert longest_window(model) == expected
    assert reads(model, expected or 128)
    assert expected is None or not reads(model, expected + 1)


def test_encoder_that_ignores_the_padding_mask_is_refused():
    check_mask(new_model("bert"))
    message = ": fnet ignores the padding mask, so that labels would depend on the batch"
    with pytest.raises(UserError, match=message):
        check_mask(new_model("fnet"))


@pytest.mark.parametrize(("name", "frozen"), [("bert", 0), ("esm", 2)])
def test_weights_that_get_no_gradient_are_frozen(name, frozen):
    model = new_model(name, num_hidden_layers=1, position_embedding_type="rotary")
    freeze_unused(model)
    model(input_ids=torch.full((2, 9), 5), attention_mask=torch.ones(2, 9)).logits.sum().backward()
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    assert len(trained) == len(list(model.parameters())) - frozen
    assert all(weight.grad is not None for weight in trained)


def split_of(*lengths, subword=7):
    windows = Dataset.from_dict({"input_ids": [[subword] * length for length in lengths]})
    return Split(windows, windows, LABELS)


UNFIT = [
    (split_of(3, 41), 1, "^train.start_from: reads at most 40 sub-words; tokens has windows of up to 41; lower"),
    (split_of(3, 37), 16, "pad_to_multiple_of: 16 pads windows of 37 sub-words to 48; .* at most 40; choose"),
    (split_of(3, subword=50), 1, "^train.start_from: a vocabulary of 50 sub-words; tokens has ids up to 50; expec"),
]


@pytest.mark.parametrize(("split", "multiple", "message"), UNFIT)
def test_windows_must_fit_the_model(split, multiple, message):
    model, about = new_model("bert", vocab_size=50, max_position_embeddings=40), (Path("tokens"), "train.start_from")
    check_fit(model, split_of(3, 40), *about)
    check_fit(model, split_of(3, 37), *about, multiple=8)
    with pytest.raises(UserError, match=message):
        check_fit(model, split, *about, multiple)
