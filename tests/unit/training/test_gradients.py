"""Gradients of a global batch, however many processes and parts compute them."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from copy import deepcopy
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from helpers.tiny import TINY_PARAMS
from helpers.windows import windows
from torch import Tensor, nn
from transformers import BertConfig, BertForTokenClassification

from tagline.labels.label_list import Labels
from tagline.model.heads import make_head
from tagline.model.heads.head_weights import attach
from tagline.training.gradients import Gradients
from tagline.training.optimization import adamw
from tagline.training.train_params import Train
from tagline.training.training_batches import TrainingBatches

LABELS = Labels("pos", "tags", ("A", "B", "C"), "A")
WITH_GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
WINDOWS = [[2, 5, 6, 3], [2, 7, 3], [2, 8, 9, 10, 4, 3], [2, 5, 3]]


class Process:
    """The accelerator of one of several processes, without communication."""

    def __init__(self, index: int = 0, processes: int = 1, device: str = "cpu") -> None:
        self.process_index, self.num_processes, self.device = index, processes, torch.device(device)
        self.unsynchronised = 0

    def no_sync(self, model: Any) -> AbstractContextManager[None]:
        self.unsynchronised += 1
        return nullcontext()

    def unwrap_model(self, model: Any) -> Any:
        return model

    def backward(self, loss: Tensor) -> None:
        loss.backward()

    def reduce(self, tensor: Tensor, how: str) -> Tensor:
        assert how == "sum"
        return tensor


def bert(dropout: float) -> BertForTokenClassification:
    torch.manual_seed(4)
    size = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}
    config = BertConfig(
        vocab_size=11, num_labels=3, hidden_dropout_prob=dropout, attention_probs_dropout_prob=dropout, **size
    )
    return BertForTokenClassification(config).train()


def new_gradients(**changed: object) -> Gradients:
    """Of the four windows."""
    labels = [[-100, *(subword % 3 for subword in row[1:-1]), -100] for row in WINDOWS]
    rows = windows([0, 1, 2, 3], WINDOWS, WINDOWS, labels)
    params = Train.model_validate(deepcopy(TINY_PARAMS["train"]) | changed)
    batches = TrainingBatches(rows.lengths, params.batches, 1, params.pad_to_multiple_of or 1)
    return Gradients(rows, batches, make_head(params.head, LABELS), params, padding=0)


def add(gradients: Gradients, process: Process, model: nn.Module, number: int = 1) -> Tensor:
    """Compute the gradients of the four windows as one batch."""
    batch = np.arange(4)
    return gradients.add(process, model, number, batch, gradients.parts(process, batch))


def of_batch(
    dropout: float = 0.0, processes: int = 1, number: int = 1, **changed: object
) -> tuple[float, dict[str, Tensor], SimpleNamespace]:
    """Loss and gradients of the four windows as one batch; averaged over processes, as DDP does."""
    gradients = new_gradients(**changed)
    losses, sums = [], {}
    for index in range(processes):
        model, process = bert(dropout), Process(index, processes)
        losses.append(add(gradients, process, model, number).item())
        for name, weight in model.named_parameters():
            sums[name] = sums.get(name, 0) + weight.grad / processes
    return sum(losses), sums, SimpleNamespace(process=process)


def assert_equal(found: tuple[Any, ...], expected: tuple[Any, ...]) -> None:
    assert found[0] == pytest.approx(expected[0], abs=1e-6)
    for name, gradient in expected[1].items():
        torch.testing.assert_close(found[1][name], gradient, atol=1e-6, rtol=1e-4)


def test_the_mean_over_labelled_sub_words() -> None:
    loss, _, _ = of_batch()
    model, each = bert(0.0), []
    for row in WINDOWS:
        with torch.no_grad():
            log_probabilities = model(input_ids=torch.tensor([row])).logits[0].log_softmax(-1)
        each += [-log_probabilities[index, row[index] % 3].item() for index in range(1, len(row) - 1)]
    assert loss == pytest.approx(np.mean(each), abs=1e-6)


@pytest.mark.parametrize("processes", [2, 3, 5])
def test_processes_share_a_batch(processes: int) -> None:
    assert_equal(of_batch(processes=processes, label_smoothing=0.1), of_batch(label_smoothing=0.1))


@pytest.mark.parametrize(("subwords_per_device", "parts"), [(100, 1), (12, 2), (8, 3), (1, 4)])
def test_parts_of_a_batch(subwords_per_device: int, parts: int) -> None:
    found = of_batch(subwords_per_device=subwords_per_device)
    assert_equal(found, of_batch())
    assert found[2].process.unsynchronised == parts - 1


def test_processes_with_parts() -> None:
    assert_equal(of_batch(processes=2, subwords_per_device=6), of_batch())


def test_padding_changes_nothing() -> None:
    assert_equal(of_batch(pad_to_multiple_of=8), of_batch())


def test_dropout_depends_on_seed_and_step_only() -> None:
    torch.manual_seed(1)
    first = of_batch(dropout=0.5)[0]
    torch.manual_seed(2)
    assert of_batch(dropout=0.5)[0] == first
    assert of_batch(dropout=0.5, number=2)[0] != first
    assert of_batch(dropout=0.5, seed=8)[0] != first


@pytest.mark.parametrize("device", ["meta", pytest.param("cuda", marks=WITH_GPU)])
@pytest.mark.parametrize(
    "changed",
    [{"label_smoothing": 0.1}, {"head": "crf", "label_smoothing": 0.0}, {"subwords_per_device": 8}],
    ids=lambda changed: next(iter(changed)),
)
def test_a_step_reads_nothing_from_the_device(device: str, changed: dict[str, object]) -> None:
    """A tensor on the meta device has no values, so that reading one raises an error."""
    gradients, process = new_gradients(**changed), Process(device=device)
    model = bert(0.1)
    attach(model, gradients.head)
    model.to(device)
    optimizer = adamw(model, gradients.params, process.device)

    def step() -> None:
        loss = add(gradients, process, model)
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        assert loss.device.type == device

    if device == "meta":
        step()
        return
    step()  # libraries wait when they are loaded
    torch.cuda.set_sync_debug_mode("error")
    try:
        step()
    finally:
        torch.cuda.set_sync_debug_mode("default")
