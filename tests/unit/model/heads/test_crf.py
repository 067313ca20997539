"""CRF head: loss, decoding (of the linear head too), marginals and likelihood, against all label sequences."""

from dataclasses import replace
from itertools import pairwise, product
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from helpers.windows import LABELS
from hypothesis import given
from hypothesis import strategies as st

from tagline.labels.label_list import Labels
from tagline.model.decoding import decode
from tagline.model.heads.crf import CrfHead

TWO_TYPES = Labels("ner", "spans", ("O", "B-X", "I-X", "B-Y"), "O")
SEEDS = st.integers(0, 2**32 - 1)
LENGTHS = st.lists(st.integers(0, 4), min_size=1, max_size=4)


def made(seed, words, labels=LABELS):
    """Logits of some words, and a head with transitions."""
    generator, size = np.random.default_rng(seed), len(labels.names)
    transitions = (generator.standard_normal((size, size)) * 2).astype(np.float32)
    head = CrfHead(labels).with_weights({"transitions": transitions})
    return (generator.standard_normal((words, size)) * 3).astype(np.float32), head


def all_scores(logits, head):
    """The score of each sequence of labels of a sentence."""
    return {
        ids: sum(float(logits[index, label]) for index, label in enumerate(ids))
        + sum(head.transitions[pair] for pair in pairwise(ids))
        for ids in product(range(len(head.transitions)), repeat=len(logits))
    }


def log_sum(scores):
    return float(np.log(np.sum(np.exp(list(scores.values())))))


def sentences(logits, lengths):
    return np.split(logits, np.cumsum(lengths)[:-1])


def loss(head, logits, labels, transitions):
    model = SimpleNamespace(get_parameter={"tagger_head.transitions": transitions}.get)
    return head.loss(logits, labels, torch.ones(labels.shape), model)


@given(SEEDS, LENGTHS, st.booleans())
def test_decoding_finds_the_best_legal_sequence(seed, lengths, learnt):
    logits, head = made(seed, sum(lengths), TWO_TYPES)
    head = head if learnt else CrfHead(TWO_TYPES)
    ids = decode(logits, np.array(lengths), TWO_TYPES, head.learnt)
    illegal = {(0, 2), (3, 2)}
    for of_sentence, chosen in zip(sentences(logits, lengths), sentences(ids, lengths), strict=True):
        scores = all_scores(of_sentence, head)
        legal = [score for labels, score in scores.items() if not illegal & {*pairwise((0, *labels))}]
        assert scores[tuple(chosen)] == pytest.approx(max(legal))


@given(SEEDS, LENGTHS)
def test_crf_probabilities_are_marginals(seed, lengths):
    logits, head = made(seed, sum(lengths))
    probabilities = head.probabilities(logits, np.array(lengths))
    assert probabilities.dtype == np.float32
    expected = []
    for of_sentence in sentences(logits, lengths):
        scores = all_scores(of_sentence, head)
        for index, label in product(range(len(of_sentence)), range(3)):
            of_label = {labels: score for labels, score in scores.items() if labels[index] == label}
            expected.append(np.exp(log_sum(of_label) - log_sum(scores)))
    np.testing.assert_allclose(probabilities.ravel(), expected, rtol=1e-5)


@given(SEEDS, LENGTHS, st.integers(0, 2**16 - 1))
def test_likelihood_is_that_of_the_words_with_subwords(seed, lengths, mask):
    logits, head = made(seed, sum(lengths))
    gold = np.random.default_rng(seed).integers(3, size=len(logits))
    known = np.array([bool(mask >> index & 1) for index in range(len(logits))], dtype=bool)
    scores = logits.copy()
    scores[~known] = [0, -np.inf, -np.inf]
    expected = 0.0
    for of_sentence, ids, seen in zip(*(sentences(each, lengths) for each in (logits, gold, known)), strict=True):
        of_all = all_scores(of_sentence[seen], head)
        expected += log_sum(of_all) - of_all[tuple(ids[seen])]
    found = head.negative_log_likelihood(scores, np.array(lengths), gold, known)
    assert found == pytest.approx(expected, rel=1e-5, abs=1e-4)


POSSIBLE = [{0}, {1}, {2}, {0, 1, 2}, {0, 2}]


@pytest.mark.parametrize(("known", "count"), [(LABELS, 3), (replace(LABELS, sets=((), ("O", "I-X"))), 5)])
@given(SEEDS, st.data())
def test_loss_is_that_of_all_possible_sequences(known, count, seed, data):
    row = st.lists(st.sampled_from([-100, *range(count)]), min_size=4, max_size=4)
    labels = np.array(data.draw(st.lists(row, min_size=1, max_size=3)))
    logits, head = made(seed, labels.size)
    head = replace(head, labels=known)
    logits = logits.reshape(*labels.shape, 3)
    expected = 0.0
    for of_row, gold in zip(logits, labels, strict=True):
        scores = all_scores(of_row[gold != -100], head)
        ids = gold[gold != -100]
        possible = [own for own in scores if all(each in POSSIBLE[id_] for each, id_ in zip(own, ids, strict=True))]
        expected += log_sum(scores) - log_sum({own: scores[own] for own in possible})
    leaf = torch.from_numpy(logits).requires_grad_()
    found = loss(head, leaf, torch.from_numpy(labels), torch.from_numpy(head.transitions).float())
    found.backward()
    assert found.item() == pytest.approx(expected, rel=1e-4, abs=1e-3)
    assert leaf.grad is not None and leaf.grad.isfinite().all()
