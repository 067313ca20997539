"""Optimization: the weights that decay, and the learning rate of each step."""

from __future__ import annotations

import math
from copy import deepcopy

import pytest
import torch
from helpers.tiny import TINY_PARAMS
from transformers import BertConfig, BertForTokenClassification, Trainer, TrainingArguments

from tagline.training.optimization import adamw, groups, schedule
from tagline.training.train_params import Train

CPU = torch.device("cpu")


def params(**changed: object) -> Train:
    return Train.model_validate(deepcopy(TINY_PARAMS["train"]) | changed)


@pytest.fixture(scope="module")
def model() -> BertForTokenClassification:
    size = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8}
    return BertForTokenClassification(BertConfig(vocab_size=11, num_labels=3, **size))


def test_the_same_weights_decay_as_in_trainer(model: BertForTokenClassification, tmp_path: object) -> None:
    trainer = Trainer(model, TrainingArguments(output_dir=str(tmp_path), use_cpu=True, report_to="none"))
    expected = set(trainer.get_decay_parameter_names(model))
    decaying, no_decay = groups(model, params(weight_decay=0.3))
    names = {id(weight): name for name, weight in model.named_parameters()}
    assert {names[id(weight)] for weight in decaying["params"]} == expected
    assert {names[id(weight)] for weight in no_decay["params"]} == set(names.values()) - expected
    assert (decaying["weight_decay"], no_decay["weight_decay"]) == (0.3, 0.0)


def test_frozen_weights_are_left_out(model: BertForTokenClassification) -> None:
    frozen = deepcopy(model)
    frozen.bert.requires_grad_(False)
    assert sum(len(group["params"]) for group in groups(frozen, params(weight_decay=0.1))) == 2


def test_one_kernel_updates_all_weights(model: BertForTokenClassification) -> None:
    assert adamw(model, params(), CPU).defaults["fused"] is True
    assert not adamw(model, params(), torch.device("xla")).defaults["fused"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("linear", [0, 0.5, 1, 0.75, 0.5, 0.25, 0]),
        ("cosine", [0, 0.5, 1, *((1 + math.cos(math.pi * step / 4)) / 2 for step in (1, 2, 3)), 0]),
    ],
)
def test_the_learning_rate_of_each_step(model: BertForTokenClassification, name: str, expected: list[float]) -> None:
    optimizer = adamw(model, params(learning_rate=0.5), CPU)
    # Two of six steps are warm-up.
    scheduler = schedule(optimizer, params(schedule=name, warmup=0.3), 6)
    seen = []
    for _ in expected:
        seen.append(scheduler.get_last_lr()[0] / 0.5)
        optimizer.step()
        scheduler.step()
    assert seen == pytest.approx(expected)
