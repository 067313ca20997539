"""The longest window of encoders of many architectures, and data that does not fit a model."""

from pathlib import Path

import numpy as np
import pytest
import torch
from datasets import Dataset
from helpers.architectures import config_of, new_model
from helpers.windows import LABELS
from transformers import AutoModelForTokenClassification, FunnelConfig

from tagline.artifacts.tokenized import Split
from tagline.model.classifier import longest_window
from tagline.terminal.errors import UserError
from tagline.training.fit_check import (
    check_fit,
    check_mask,
    freeze_unused,
    repeated_passes,
)
from tagline.training.train_params import Batches
from tagline.training.training_batches import TrainingBatches


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


FUNNEL = FunnelConfig(vocab_size=40, d_model=16, block_sizes=[1, 1], d_head=8)


@pytest.mark.parametrize("config", [config_of("fnet"), FUNNEL], ids=["fnet", "funnel"])
def test_encoder_that_ignores_the_padding_mask_is_refused(config):
    check_mask(new_model("bert"))
    message = f": {config.model_type} ignores the padding mask, so that labels would depend on the batch"
    with pytest.raises(UserError, match=message):
        check_mask(AutoModelForTokenClassification.from_config(config).eval())


@pytest.mark.parametrize(("name", "frozen"), [("bert", 0), ("esm", 2)])
def test_weights_that_get_no_gradient_are_frozen(name, frozen):
    model = new_model(name, num_hidden_layers=1, position_embedding_type="rotary")
    freeze_unused(model)
    model(input_ids=torch.full((2, 9), 5), attention_mask=torch.ones(2, 9)).logits.sum().backward()
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    assert len(trained) == len(list(model.parameters())) - frozen
    assert all(weight.grad is not None for weight in trained)


def split_of(*lengths, subword=7):
    windows = {"sentence": list(range(len(lengths))), "input_ids": [[subword] * length for length in lengths]}
    return Split(Dataset.from_dict({"id": list(map(str, lengths))}), Dataset.from_dict(windows), LABELS)


def test_windows_must_fit_the_model():
    model = new_model("bert", vocab_size=50, max_position_embeddings=40)
    folder, name = Path("tokens"), "train.start_from"
    check_fit(model, split_of(3, 40), folder, name)
    check_fit(model, split_of(3, 37), folder, name, multiple=8)
    for split, multiple, message in (
        (split_of(3, 41), 1, f"^{name}: reads at most 40 sub-words; tokens has windows of up to 41; lower"),
        (split_of(3, 37), 16, "pad_to_multiple_of: 16 pads windows of 37 sub-words to 48; .* at most 40; choose"),
        (split_of(3, subword=50), 1, f"^{name}: a vocabulary of 50 sub-words; tokens has ids up to 50; expec"),
    ):
        with pytest.raises(UserError, match=message):
            check_fit(model, split, folder, name, multiple)


def test_repeated_passes_are_described():
    params = Batches(order="random", subwords_per_batch=1000, batch_size=8)
    batches = TrainingBatches(np.full(6400, 20), params, seed=1)
    assert repeated_passes(batches, 800) is None
    repeated = TrainingBatches(batches.lengths, params, seed=1, min_steps=2000)
    assert (
        repeated_passes(repeated, 2400)
        == "train.min_steps: 3 passes over train in all, so that the run has 2,400 steps"
    )
