"""Prediction: padding, sorting and windows change nothing about what a model says of a word."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from datasets import Dataset
from transformers import BertConfig, BertForTokenClassification

from tagging.faults import Fault
from tagging.labels import Labels
from tagging.prediction import classify, predict
from tagging.tokenized import WINDOW_FEATURES, Split, sentence_features

LABELS = Labels("ner", "spans", ("O", "B-X", "I-X"), "O")


@pytest.fixture(scope="module")
def model() -> BertForTokenClassification:
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=30, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, num_labels=3
    )
    return BertForTokenClassification(config).eval()


def test_equal_to_one_window_at_a_time(model: BertForTokenClassification) -> None:
    generator = torch.Generator().manual_seed(2)
    windows = [torch.randint(1, 30, (length,), generator=generator).tolist() for length in (3, 11, 1, 7, 7, 2)]
    best, scores = classify(model, windows, batch_size=4, name="")
    for window, ids, values in zip(windows, best, scores, strict=True):
        with torch.no_grad():
            probabilities = model(input_ids=torch.tensor([window])).logits[0].softmax(-1).numpy()
        assert ids.tolist() == probabilities.argmax(-1).tolist()
        np.testing.assert_allclose(values, probabilities.max(-1), atol=1e-6)


def test_one_label_and_score_a_word(model: BertForTokenClassification) -> None:
    sentences = Dataset.from_dict(
        {"id": ["a"], "words": [["x", "\u200b", "y"]], "labels": [[1, 0, 0]]}, features=sentence_features(LABELS)
    )
    windows = Dataset.from_dict(
        {
            "sentence": [0],
            "input_ids": [[2, 7, 8, 9, 3]],
            "word_ids": [[-1, 0, 0, 2, -1]],
            "labels": [[-100, 1, 2, 0, -100]],
        },
        features=WINDOW_FEATURES,
    )
    predicted = predict(model, Split(sentences, windows), LABELS, batch_size=4, name="")
    (best,), (scores,) = classify(model, [[2, 7, 8, 9, 3]], 4, "")
    assert predicted.labels == [[LABELS.names[best[1]], "O", LABELS.names[best[3]]]]
    assert predicted.scores[0].tolist() == [scores[1], 0.0, scores[3]]
    assert predicted.unseen == 1


def test_an_empty_window_has_no_label(model: BertForTokenClassification) -> None:
    best, scores = classify(model, [[], [2, 3]], batch_size=2, name="")
    assert [len(row) for row in best] == [len(row) for row in scores] == [0, 2]


def test_scores_that_are_no_numbers_are_refused(model: BertForTokenClassification) -> None:
    damaged = copy.deepcopy(model)
    damaged.classifier.weight.data.fill_(float("inf"))
    with pytest.raises(Fault, match="the model's scores are no numbers"):
        classify(damaged, [[2, 3]], batch_size=2, name="")
