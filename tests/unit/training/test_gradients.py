"""An optimizer step: gradients by processes and parts, weight decay, the learning rate."""

from __future__ import annotations

import math
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from helpers.windows import windows
from torch import Tensor, nn
from transformers import BertConfig, BertForTokenClassification, Trainer, TrainingArguments

from tagline.labels.label_list import Labels
from tagline.model.heads import make_head
from tagline.model.heads.head_weights import attach
from tagline.training.gradients import Gradients, adamw, groups, schedule
from tagline.training.train_params import Batches
from tagline.training.training_batches import TrainingBatches

LABELS = Labels("pos", "tags", ("A", "B", "C"), "A")
WINDOWS = [[2, 5, 6, 3], [2, 7, 3], [2, 8, 9, 10, 4, 3], [2, 5, 3]]


def process_of(index: int = 0, processes: int = 1, device: str = "cpu") -> Any:
    """The accelerator of one of several processes, without communication."""
    methods = {"no_sync": nullcontext, "unwrap_model": lambda model: model, "backward": Tensor.backward}
    methods |= {"reduce": lambda tensor, _: tensor}
    return SimpleNamespace(process_index=index, num_processes=processes, device=torch.device(device), **methods)


def bert(dropout: float) -> BertForTokenClassification:
    torch.manual_seed(4)
    size = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}
    rates = dict.fromkeys(("hidden_dropout_prob", "attention_probs_dropout_prob"), dropout)
    return BertForTokenClassification(BertConfig(vocab_size=11, num_labels=3, **rates, **size)).train()


def new_gradients(head: str = "linear", multiple: int = 1, seed: int = 7, **options: Any) -> Gradients:
    """Of the four windows."""
    labels = [[-100, *(subword % 3 for subword in row[1:-1]), -100] for row in WINDOWS]
    rows = windows([0, 1, 2, 3], WINDOWS, WINDOWS, labels)
    batches = TrainingBatches(rows.lengths, Batches(order="random", subwords_per_batch=1, batch_size=4), 1, multiple)
    return Gradients(rows, batches, make_head(head, LABELS), padding=0, seed=seed, **options)


def add(gradients: Gradients, process: Any, model: nn.Module, number: int = 1) -> Tensor:
    """Compute the gradients of the four windows as one batch."""
    batch = np.arange(4)
    return gradients.add(process, model, number, batch, gradients.parts(process, batch))


def of_batch(dropout: float = 0.0, processes: int = 1, number: int = 1, **changed: Any) -> tuple[float, dict]:
    """Loss and gradients of the four windows as one batch; averaged over processes, as DDP does."""
    gradients = new_gradients(**changed)
    losses, sums = [], {}
    for index in range(processes):
        model, process = bert(dropout), process_of(index, processes)
        losses.append(add(gradients, process, model, number).item())
        for name, weight in model.named_parameters():
            sums[name] = sums.get(name, 0) + weight.grad / processes
    return sum(losses), sums


def test_loss_is_mean_over_labelled_subwords() -> None:
    loss, _ = of_batch()
    model, each = bert(0.0), []
    for row in WINDOWS:
        with torch.no_grad():
            log_probabilities = model(input_ids=torch.tensor([row])).logits[0].log_softmax(-1)
        each += [-log_probabilities[index, row[index] % 3].item() for index in range(1, len(row) - 1)]
    assert loss == pytest.approx(np.mean(each), abs=1e-6)


SEVERAL = [{"processes": 5}, {"processes": 2, "subwords_per_device": 6}]


@pytest.mark.parametrize("changed", [*SEVERAL, {"subwords_per_device": 12}, {"multiple": 8}])
def test_processes_parts_and_padding_change_no_gradient(changed: dict[str, Any]) -> None:
    loss, gradients = of_batch(**changed)
    expected = of_batch()
    assert loss == pytest.approx(expected[0], abs=1e-6)
    for name, gradient in expected[1].items():
        torch.testing.assert_close(gradients[name], gradient, atol=1e-6, rtol=1e-4)


def test_dropout_depends_on_seed_and_step_only() -> None:
    torch.manual_seed(1)
    first = of_batch(dropout=0.5)[0]
    torch.manual_seed(2)
    assert of_batch(dropout=0.5)[0] == first
    assert of_batch(dropout=0.5, number=2)[0] != first
    assert of_batch(dropout=0.5, seed=8)[0] != first


@pytest.mark.parametrize("changed", [{}, {"head": "crf"}, {"subwords_per_device": 8}], ids=str)
def test_step_reads_nothing_from_the_device(changed: dict[str, object]) -> None:
    """A tensor on the meta device has no values, so that reading one raises an error."""
    gradients, process = new_gradients(**changed), process_of(device="meta")
    model = bert(0.1)
    attach(model, gradients.head)
    model.to("meta")
    optimizer = adamw(model, process.device, 0.02, 0.01, 0.05)
    loss = add(gradients, process, model)
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    assert loss.device.type == "meta"


def test_weights_that_decay_are_those_of_trainer(tmp_path: object) -> None:
    model = bert(0.0)
    trainer = Trainer(model, TrainingArguments(output_dir=str(tmp_path), use_cpu=True, report_to="none"))
    expected = set(trainer.get_decay_parameter_names(model))
    decaying, no_decay = groups(model, 0.3, 0.05)
    names = {id(weight): name for name, weight in model.named_parameters()}
    assert {names[id(weight)] for weight in decaying["params"]} == expected
    assert {names[id(weight)] for weight in no_decay["params"]} == set(names.values()) - expected
    assert (decaying["weight_decay"], no_decay["weight_decay"]) == (0.3, 0.0)
    model.bert.requires_grad_(False)
    assert sum(len(group["params"]) for group in groups(model, 0.1, 0.05)) == 2, "frozen weights are left out"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("linear", [0, 0.5, 1, 0.75, 0.5, 0.25, 0]),
        ("cosine", [0, 0.5, 1, *((1 + math.cos(math.pi * step / 4)) / 2 for step in (1, 2, 3)), 0]),
    ],
)
def test_schedule_gives_the_learning_rate_of_each_step(name: str, expected: list[float]) -> None:
    optimizer = adamw(bert(0.0), torch.device("cpu"), 0.5, 0.1, 0.1)
    assert optimizer.defaults["fused"] is True
    # Two of six steps are warm-up.
    scheduler = schedule(optimizer, name, 0.3, 6)
    seen = []
    for _ in expected:
        seen.append(scheduler.get_last_lr()[0] / 0.5)
        optimizer.step()
        scheduler.step()
    assert seen == pytest.approx(expected)
