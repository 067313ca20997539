"""An optimizer step: gradients by processes and parts, weight decay, the learning rate."""

from contextlib import nullcontext
from unittest.mock import Mock

import numpy as np
import pytest
import torch
from helpers.architectures import new_model
from helpers.tiny import TINY_PARAMS
from helpers.windows import windows
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from transformers import Trainer, TrainingArguments

from tagline.labels.label_list import Labels
from tagline.model.classifier import attach
from tagline.model.heads import make_head
from tagline.training.gradients import GoldLabels, Gradients, adamw, micro_batch, share
from tagline.training.train_params import Train
from tagline.training.training_batches import TrainingBatches

LABELS = Labels("pos", "tags", ("A", "B", "C"), "A")
N = -100
WINDOWS = [[2, 5, 6, 3], [2, 7, 3], [2, 8, 9, 10, 4, 3], [2, 5, 3]]


def process_of(index=0, processes=1, device="cpu"):
    """The accelerator of one of several processes, without communication."""
    accelerator = Mock(process_index=index, num_processes=processes, device=torch.device(device))
    accelerator.no_sync = nullcontext
    accelerator.unwrap_model = accelerator.reduce = lambda value, *_: value
    accelerator.backward = Tensor.backward
    return accelerator


def bert(dropout):
    return new_model("bert", hidden_dropout_prob=dropout, attention_probs_dropout_prob=dropout).train()


def test_each_word_counts_once_however_many_subwords_it_has():
    subwords, words = [[2, 5, 6, 7, 8, 3], [2, 9, 3]], [[-1, 0, 0, 0, 1, -1], [-1, 0, -1]]
    rows = windows([0, 1], subwords, words, [[N, 1, 2, N, 1, N], [N, 0, N]])
    objective = GoldLabels(make_head("linear", LABELS), rows)
    assert objective.items.tolist() == [2, 1]
    weights = objective.targets(np.array([1, 0]), rows=3, longest=8)
    assert weights.dtype == np.float32
    assert weights.tolist() == [[0, 1, 0, 0, 0, 0, 0, 0], [0, 0.5, 0.5, 0, 1, 0, 0, 0], [0] * 8]


def new_gradients(head="linear", multiple=1, **changed):
    """Of the four windows."""
    labels = [[N, *(subword % 3 for subword in row[1:-1]), N] for row in WINDOWS]
    rows, order = (
        windows(range(4), WINDOWS, WINDOWS, labels),
        {"order": "random", "subwords_per_batch": 1, "batch_size": 4},
    )
    params = Train.model_validate(TINY_PARAMS["train"] | {"batches": order} | changed)
    batches = TrainingBatches(rows.lengths, params.batches, 1, multiple)
    new_head = make_head(head, LABELS)
    return Gradients(rows, batches, new_head, 0, params, [GoldLabels(new_head, rows)])


def add(gradients, process, model, number=1):
    """Compute the gradients of the four windows as one batch."""
    return gradients.add(process, model, gradients.step(process, number, np.arange(4)))


def of_batch(dropout=0.0, processes=1, number=1, **changed):
    """Loss and gradients of the four windows as one batch; averaged over processes, as DDP does."""
    gradients = new_gradients(**changed)
    losses, sums = [], {}
    for index in range(processes):
        model, process = bert(dropout), process_of(index, processes)
        losses.append(add(gradients, process, model, number).item())
        for name, weight in model.named_parameters():
            sums[name] = sums.get(name, 0) + weight.grad / processes
    return sum(losses), sums


COMPUTED = [
    {},
    {"processes": 5},
    {"processes": 2, "subwords_per_device": 6},
    {"subwords_per_device": 12},
    {"multiple": 8},
]


@pytest.mark.parametrize("changed", COMPUTED)
def test_loss_is_the_mean_over_labelled_subwords_however_it_is_computed(changed):
    model, each = bert(0.0), []
    for row in WINDOWS:
        log_probabilities = model(input_ids=torch.tensor([row])).logits[0].log_softmax(-1)
        each += [-log_probabilities[index, row[index] % 3] for index in range(1, len(row) - 1)]
    expected = torch.stack(each).mean()
    expected.backward()
    loss, gradients = of_batch(**changed)
    assert loss == pytest.approx(expected.item(), abs=1e-6)
    for name, weight in model.named_parameters():
        torch.testing.assert_close(gradients[name], weight.grad, atol=1e-6, rtol=1e-4)


def test_dropout_depends_on_seed_and_step_only():
    torch.manual_seed(1)
    first = of_batch(dropout=0.5)[0]
    torch.manual_seed(2)
    assert of_batch(dropout=0.5)[0] == first
    assert of_batch(dropout=0.5, number=2)[0] != first
    assert of_batch(dropout=0.5, seed=8)[0] != first


@pytest.mark.parametrize("changed", [{"head": "crf"}, {"subwords_per_device": 8}], ids=str)
def test_step_reads_nothing_from_the_device(changed):
    """A tensor on the meta device has no values, so that reading one raises an error."""
    gradients, process, model = new_gradients(**changed), process_of(device="meta"), bert(0.1)
    attach(model, gradients.head)
    model.to("meta")
    loss = add(gradients, process, model)
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    adamw(model, process.device, 0.01, 0.01, 0.05).step()
    assert loss.device.type == "meta"


def test_encoder_decays_as_in_trainer_and_the_head_has_a_rate_of_its_own(tmp_path):
    gradients, model = new_gradients(head="crf"), bert(0.0)
    trainer = Trainer(model, TrainingArguments(output_dir=str(tmp_path), use_cpu=True, report_to="none"))
    expected = set(trainer.get_decay_parameter_names(model)) - {"classifier.weight"}
    attach(model, gradients.head)
    names = {id(weight): name for name, weight in model.named_parameters()}
    cpu = torch.device("cpu")
    groups = adamw(model, cpu, 0.3, 0.01, 0.05).param_groups
    decaying, no_decay, of_head = ({names[id(weight)] for weight in each["params"]} for each in groups)
    assert decaying == expected
    assert of_head == {"classifier.weight", "classifier.bias", "tagger_head.transitions"}
    assert no_decay == set(names.values()) - expected - of_head
    rates = [(each["weight_decay"], each["lr"]) for each in groups]
    assert rates == [(0.3, 0.01), (0.0, 0.01), (0.0, 0.05)]
    model.bert.requires_grad_(False)
    groups = adamw(model, cpu, 0.1, 0.01, 0.05).param_groups
    assert sum(len(each["params"]) for each in groups) == 3, "frozen weights are left out"


# Of a model type, where its embeddings, its first layer and its top are.
PLACES = [
    ("bert", "bert.embeddings", "bert.encoder.layer.0", ["bert.encoder.layer.2"]),
    ("modernbert", "model.embeddings", "model.layers.0", ["model.layers.2", "model.final_norm", "head"]),
]


@pytest.mark.parametrize(("model_type", "embeddings", "first", "top"), PLACES)
def test_rates_fall_from_layer_to_layer_as_one_step_shows(model_type, embeddings, first, top):
    model = new_model(model_type, num_hidden_layers=3)
    before = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    optimizer = adamw(model, torch.device("cpu"), 0.0, 0.1, 0.3, layer_decay=0.5)
    for weight in model.parameters():
        weight.grad = torch.ones_like(weight)  # the first step of AdamW is the rate
    optimizer.step()
    moved = {name: (before[name] - weight).max().item() for name, weight in model.named_parameters()}
    expected = dict.fromkeys(moved, 0.05) | {name: 0.3 for name in moved if name.startswith("classifier")}
    for places, rate in (([embeddings], 0.0125), ([first], 0.025), (top, 0.1)):
        names = [name for name in moved if name.startswith(tuple(places))]
        assert names
        expected |= dict.fromkeys(names, rate)
    assert moved == pytest.approx(expected, rel=1e-3)
    assert optimizer.param_groups[0]["lr"] == 0.1, "which is logged"


@given(
    st.lists(st.integers(1, 60), min_size=1, max_size=80).map(np.array),
    st.integers(1, 6),
    st.one_of(st.none(), st.integers(1, 200)),
)
def test_processes_share_a_batch(lengths, processes, subwords_per_device):
    batch = np.random.default_rng(0).permutation(len(lengths))
    shared = share(batch, lengths, processes, subwords_per_device)
    assert len(shared) == processes
    assert len({len(parts) for parts in shared}) == 1, "all processes call the model equally often"
    assert sorted(index for parts in shared for rows in parts for index in rows.tolist()) == sorted(batch.tolist())
    for parts in shared:
        for rows in parts:
            if subwords_per_device is not None and len(rows) > 1:
                assert lengths[rows].max() * len(rows) <= subwords_per_device
    loads = [sum(int(lengths[rows].sum()) for rows in parts) for parts in shared]
    assert max(loads) - min(loads) <= lengths.max()


PADDED = [
    ([1, 0], {}, [[2, 8, 3, 9], [2, 7, 8, 3]], [[1, 1, 1, 0], [1] * 4], [[N, 2, N, N], [N, 1, 1, N]]),
    ([], {"multiple": 2}, [[9, 9]], [[1, 0]], [[N] * 2]),  # attention over no position would be NaN
    ([0], {"multiple": 5, "once_per_word": True}, [[2, 7, 8, 3, 9]], [[1, 1, 1, 1, 0]], [[N, 1, N, N, N]]),
    ([2], {"count": 3}, [[2, 3], [9, 9], [9, 9]], [[1, 1], [1, 0], [1, 0]], [[N] * 2] * 3),
]


@pytest.mark.parametrize(("rows", "options", "ids", "mask", "labels"), PADDED)
def test_micro_batch_is_padded(rows, options, ids, mask, labels):
    input_ids = [[2, 7, 8, 3], [2, 8, 3], [2, 3]]
    word_ids = [[-1, 0, 0, -1], [-1, 0, -1], [-1, -1]]
    made = windows([0, 0, 1], input_ids, word_ids, [[N, 1, 1, N], [N, 2, N], [N, N]])
    part = micro_batch(made, np.array(rows, dtype=np.int64), padding=9, **options)
    assert part.arrays.tolist() == [ids, mask, labels]
    assert (part.arrays.dtype, part.padded) == (np.int32, True)
    assert not micro_batch(made, np.array([0]), padding=9).padded
