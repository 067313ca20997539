"""Fast paths: the same results as without them, and nothing is read from the device."""

import copy

import numpy as np
import pytest
import torch
from helpers.architectures import new_model

from tagline.model import fast_paths
from tagline.model.fast_paths import Dropout, known_padding, train_used_embeddings

ENCODERS = ("albert", "bert", "deberta-v2", "distilbert", "longformer", "modernbert", "mpnet")


def batch(padded):
    ids = torch.arange(3, 33).view(3, 10)
    mask = torch.ones_like(ids)
    if padded:
        ids[1, 6:], mask[1, 6:] = 0, 0
    return ids, mask


def logits_and_gradients(model, ids, mask):
    model.zero_grad()
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=model.config.model_type == "mpnet"):
        logits = model(input_ids=ids, attention_mask=mask).logits
    (logits.float() ** 2).sum().backward()
    return [logits.detach(), *(weight.grad for weight in model.parameters() if weight.grad is not None)]


@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.parametrize(("architecture", "attention"), [*((name, None) for name in ENCODERS), ("bert", "eager")])
def test_logits_and_gradients_have_the_same_bytes(architecture, attention, padded):
    model = new_model(architecture, attn_implementation=attention)
    ids, mask = batch(padded)
    expected = logits_and_gradients(model, ids, mask)
    with known_padding(mask, padded):
        found = logits_and_gradients(model, ids, mask)
    for one, other in zip(found, expected, strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_share_of_dropped_values_and_mean_are_those_of_p(dtype, p):
    torch.manual_seed(1)
    dropped = Dropout(p)(torch.ones(500, 401, dtype=dtype)).double()
    kept = (dropped != 0).double()
    # Five standard deviations of the mean of 200,500 draws.
    assert kept.mean().item() == pytest.approx(1 - p, abs=5 * (p * (1 - p) / dropped.numel()) ** 0.5)
    # The values that stay are scaled, up to the rounding of the number format.
    torch.testing.assert_close(dropped, kept / (1 - p), rtol=0.004, atol=0)


def test_nothing_or_all_is_dropped_at_the_ends_and_nothing_in_evaluation():
    ones = torch.ones(3, 3)
    for p in (0.0, 1.0):
        torch.testing.assert_close(Dropout(p)(ones), torch.full((3, 3), 1 - p))
    assert Dropout(0.5).eval()(ones) is ones


# Of sub-words that train holds; the padding is 0 or 1.
IDS = np.array([0, 1, 4, 7, 9, 25, 39])
BATCH = torch.tensor([[4, 7, 9, 1, 0], [39, 4, 25, 25, 7]])
UNSEEN = torch.tensor([[4, 2, 3, 38, 39]])


def logits(model, ids):
    torch.manual_seed(0)  # of dropout
    return model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits


def learn(model):
    """Take three steps, and return the whole state."""
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.1)
    for _ in range(3):
        logits(model, BATCH).logsumexp(-1).sum().backward()
        optimizer.step()
        optimizer.zero_grad()
    model.eval()
    state = model.state_dict()
    fast_paths.restore_full_embeddings(model, state)
    return state


@pytest.mark.parametrize("architecture", ["bert", "roberta", "albert"])
def test_steps_train_the_same_weights_and_all_sub_words_keep_embeddings(architecture):
    whole = new_model(architecture)
    part = copy.deepcopy(whole)
    train_used_embeddings(part, IDS)
    layer = part.get_input_embeddings()
    assert isinstance(layer, fast_paths.PartlyTrainedEmbedding)
    assert torch.equal(logits(part, UNSEEN), logits(whole, UNSEEN))
    before = whole.get_input_embeddings().weight.detach().clone()
    expected, actual = map(learn, (whole, part))
    assert expected.keys() == actual.keys()
    trained = np.isin(np.arange(len(before)), IDS)
    # Rows that no batch holds: with all rows trained, weight decay makes them smaller.
    assert torch.equal(actual[layer.weight_name][~trained], before[~trained])
    expected[layer.weight_name][~trained] = before[~trained]
    for name, weight in expected.items():
        assert torch.equal(actual[name], weight), name
    whole.load_state_dict(actual)
    assert torch.equal(logits(part, UNSEEN), logits(whole, UNSEEN))


def test_scaled_and_shared_embeddings_and_those_of_most_ids_stay():
    for name, ids in (("biogpt", IDS), ("t5", IDS), ("bert", np.arange(31))):
        model = new_model(name)
        layer = model.get_input_embeddings()
        kind, weight = type(layer), layer.weight
        train_used_embeddings(model, ids)
        assert type(layer) is kind and layer.weight is weight
