"""Training only the embeddings of train's sub-words gives the weights that training all of them gives."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from helpers.architectures import new_model
from transformers import PreTrainedModel

from tagline.model.used_embeddings import PartlyTrainedEmbedding, restore_full_embeddings, train_used_embeddings

# Of sub-words that train holds; the padding is 0 or 1.
IDS = np.array([0, 1, 4, 7, 9, 25, 39])
BATCH = torch.tensor([[4, 7, 9, 1, 0], [39, 4, 25, 25, 7]])
UNSEEN = torch.tensor([[4, 2, 3, 38, 39]])
EVERY = pytest.mark.parametrize("architecture", ["bert", "roberta", "albert"])


def pair(architecture: str) -> tuple[PreTrainedModel, PreTrainedModel]:
    """The same model twice: all rows trained, and only those of `IDS`."""
    whole = new_model(architecture)
    part = copy.deepcopy(whole)
    train_used_embeddings(part, IDS)
    assert isinstance(part.get_input_embeddings(), PartlyTrainedEmbedding)
    return whole, part


def logits(model: PreTrainedModel, ids: torch.Tensor) -> torch.Tensor:
    torch.manual_seed(0)  # of dropout
    found: torch.Tensor = model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits
    return found


def learn(model: PreTrainedModel) -> dict[str, torch.Tensor]:
    """Take three steps, and return the whole state."""
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.1)
    for _ in range(3):
        logits(model, BATCH).logsumexp(-1).sum().backward()
        optimizer.step()
        optimizer.zero_grad()
    model.eval()
    state = model.state_dict()
    restore_full_embeddings(model, state)
    return state


@EVERY
def test_steps_train_the_same_weights(architecture: str) -> None:
    models = pair(architecture)
    before = models[0].get_input_embeddings().weight.detach().clone()
    expected, actual = map(learn, models)
    assert expected.keys() == actual.keys()
    embeddings = models[1].get_input_embeddings().weight_name
    trained = np.isin(np.arange(len(before)), IDS)
    # Rows that no batch holds: with all rows trained, weight decay makes them smaller.
    assert torch.equal(actual[embeddings][~trained], before[~trained])
    expected[embeddings][~trained] = before[~trained]
    for name, weight in expected.items():
        assert torch.equal(actual[name], weight), name


@EVERY
def test_in_evaluation_all_sub_words_have_their_embeddings(architecture: str) -> None:
    whole, part = pair(architecture)
    assert torch.equal(logits(part, UNSEEN), logits(whole, UNSEEN))
    state = learn(part)
    trained = new_model(architecture)
    trained.load_state_dict(state)
    assert torch.equal(logits(part, UNSEEN), logits(trained, UNSEEN))


def test_checkpoint_has_the_trained_rows_only_and_all_rows_move_to_a_device() -> None:
    whole, part = pair("bert")
    layer = part.get_input_embeddings()
    before, after = whole.state_dict(), part.state_dict()
    assert [name for name in before if before[name].shape != after[name].shape] == [layer.weight_name]
    assert after[layer.weight_name].shape == (len(IDS), 16)
    layer.to("meta")
    for training in (True, False):  # neither reads a value, for which a device would have to be waited
        assert layer.train(training)(BATCH.to("meta")).shape == (*BATCH.shape, 16)


def test_scaled_and_shared_embeddings_and_those_of_most_ids_stay() -> None:
    for name, ids in (("biogpt", IDS), ("t5", IDS), ("bert", np.arange(31))):
        model = new_model(name)
        layer = model.get_input_embeddings()
        kind, weight = type(layer), layer.weight
        train_used_embeddings(model, ids)
        assert type(layer) is kind and layer.weight is weight
