"""Linear head: loss, probabilities, likelihood and decoding, with PyTorch as reference."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers.windows import LABELS
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn.functional import cross_entropy

from tagline.model.heads.linear import LinearHead

HEAD = LinearHead(LABELS)


def logits(seed, words=6, scale=5):
    return (np.random.default_rng(seed).standard_normal((words, 3)) * scale).astype(np.float32)


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.1, 5.0, 1e4]))
def test_scores_are_log_probabilities(seed, scale):
    values = logits(seed, scale=scale)
    scores = HEAD.scores(values)
    probabilities = HEAD.probabilities(scores, np.array([4, 2]))
    assert scores.dtype == probabilities.dtype == np.float32
    np.testing.assert_allclose(scores, torch.from_numpy(values).log_softmax(-1), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(probabilities, torch.from_numpy(values).softmax(-1), atol=1e-6)


def test_negative_log_likelihood_of_known_words():
    values, gold, known = logits(3), np.array([0, 1, 2, 0, 1, 2]), np.array([True, False, True, True, False, True])
    scores = HEAD.scores(values)
    scores[~known] = [0, -np.inf, -np.inf]  # words without sub-words
    expected = cross_entropy(torch.from_numpy(values[known]).double(), torch.from_numpy(gold[known]), reduction="sum")
    found = HEAD.negative_log_likelihood(scores, np.array([1, 5]), gold, known)
    assert found == pytest.approx(expected.item(), abs=1e-4)


LOSSES = [
    ((), [-100] * 4, []),
    ((), [0, 1, 2, -100], [[0], [1], [2]]),
    (((), ("O", "I-X")), [0, 1, 2, 3, 4, -100], [[0], [1], [2], [0, 1, 2], [0, 2]]),
]


@pytest.mark.parametrize(("sets", "gold", "possible"), LOSSES)
def test_loss_is_the_weighted_sum_of_those_of_all_possible_labels(sets, gold, possible):
    head = LinearHead(replace(LABELS, sets=sets))
    values, weights = logits(5, words=len(gold)), np.arange(1, len(gold) + 1)
    probabilities = np.exp(head.scores(values))
    losses = [-np.log(probabilities[word, labels].sum()) for word, labels in enumerate(possible)]
    leaf = torch.from_numpy(values)[None].requires_grad_()
    loss = head.loss(leaf, torch.tensor([gold]), torch.from_numpy(weights)[None], nn.Module())
    loss.backward()
    assert loss.item() == pytest.approx(np.dot(losses, weights[: len(losses)]), rel=1e-5)
    assert leaf.grad is not None and leaf.grad.isfinite().all()
    assert leaf.grad[0, [3, *range(len(losses), len(gold))]].abs().max() == 0, "nothing is known"
