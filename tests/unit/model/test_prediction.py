"""Prediction: padding, sorting, chunks and windows change nothing about what a model says of a word."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from datasets import Dataset
from helpers.fake_backends import Says
from transformers import BertConfig, BertForTokenClassification

from tagline.artifacts.tokenized import WINDOW_FEATURES, Split, sentence_features
from tagline.core.errors import UserError
from tagline.labels.label_list import Labels
from tagline.model import prediction
from tagline.model.backends.torch_model import TorchModel, workers
from tagline.model.prediction import NonFiniteError, Predictor, predict_split

LABELS = Labels("ner", "spans", ("O", "B-X", "I-X"), "O")


@pytest.fixture(scope="module")
def model() -> BertForTokenClassification:
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=30, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, num_labels=3
    )
    return BertForTokenClassification(config).eval()


def probabilities(model: BertForTokenClassification, window: Sequence[int]) -> np.ndarray:
    with torch.no_grad():
        return model(input_ids=torch.tensor([list(window)])).logits[0].softmax(-1).numpy()


@pytest.mark.parametrize("chunk", [1, 2, 100])
def test_equal_to_one_window_at_a_time(
    model: BertForTokenClassification, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prediction, "CHUNK", chunk)
    generator = torch.Generator().manual_seed(2)
    windows = [torch.randint(1, 30, (length,), generator=generator).tolist() for length in (3, 11, 1, 7, 7, 2)]
    lengths = [len(window) for window in windows]
    predictor = Predictor(TorchModel(model), LABELS, "greedy", subwords_per_batch=16)
    found = predictor.predict(lengths, list(range(6)), windows, [list(range(length)) for length in lengths])
    for window, names, scores in zip(windows, found.labels, found.scores, strict=True):
        expected = probabilities(model, window)
        assert names == [LABELS.names[number] for number in expected.argmax(-1)]
        np.testing.assert_allclose(scores, expected.max(-1), atol=1e-6)


def test_workers_change_nothing(model: BertForTokenClassification) -> None:
    generator = torch.Generator().manual_seed(3)
    windows = [torch.randint(1, 30, (length,), generator=generator).tolist() for length in range(1, 20)]
    words = ([len(row) for row in windows], list(range(19)), windows, [list(range(len(row))) for row in windows])
    backend = TorchModel(model)
    alone = Predictor(backend, LABELS, "greedy", 16).predict(*words)
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        with workers(backend.device) as threads:
            assert threads is not None
            found = Predictor(backend, LABELS, "greedy", 16, threads).predict(*words)
            assert threads.submit(torch.get_num_threads).result() == 1
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
    assert found.labels == alone.labels
    np.testing.assert_array_equal(np.concatenate(found.scores), np.concatenate(alone.scores))


def test_workers_are_for_several_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    for device, cores in ((torch.device("cpu"), 1), (torch.device("cuda"), 16)):
        monkeypatch.setattr(torch, "get_num_threads", lambda cores=cores: cores)
        with workers(device) as threads:
            assert threads is None


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
    found = predict_split(Predictor(TorchModel(model), LABELS, "greedy", 64), Split(sentences, windows), "")
    expected = probabilities(model, [2, 7, 8, 9, 3])
    best = expected.argmax(-1)
    assert found.labels == [[LABELS.names[best[1]], "O", LABELS.names[best[3]]]]
    np.testing.assert_allclose(found.scores[0], [expected.max(-1)[1], 0.0, expected.max(-1)[3]], atol=1e-6)
    assert found.unseen == 1


def test_constrained_takes_the_score_of_the_label_that_it_chose() -> None:
    backend = Says({7: [2.0, 1.9, 0.0], 8: [0.0, 0.0, 5.0]})
    words = ([2], [0], [[7, 8]], [[0, 1]])
    assert Predictor(backend, LABELS, "greedy", 64).predict(*words).labels == [["O", "I-X"]]
    found = Predictor(backend, LABELS, "constrained", 64).predict(*words)
    assert found.labels == [["B-X", "I-X"]]
    assert found.scores[0][0] == pytest.approx(np.exp(1.9) / (np.exp(2.0) + np.exp(1.9) + 1))


def test_no_entity_goes_on_after_a_word_that_the_model_never_saw() -> None:
    backend = Says({7: [0.0, 5.0, 0.0], 8: [0.0, 0.0, 5.0]})
    found = Predictor(backend, LABELS, "constrained", 64).predict([3], [0], [[7, 8]], [[0, 2]])
    assert found.labels[0][:2] == ["B-X", "O"]
    assert found.labels[0][2] != "I-X"


def test_sentences_of_which_no_sub_word_is_left(model: BertForTokenClassification) -> None:
    predictor = Predictor(TorchModel(model), LABELS, "greedy", 64)
    found = predictor.predict([1, 1, 2], [0, 1, 2], [[], [2, 3], [2, 3]], [[], [-1, -1], [0, 1]])
    assert [len(row) for row in found.labels] == [1, 1, 2]
    assert found.unseen == 2
    assert predictor.predict([1], [0], [[]], [[]]).labels == [["O"]]
    assert predictor.predict([], [], [], []).labels == []


def test_scores_that_are_no_numbers_are_refused(model: BertForTokenClassification) -> None:
    damaged = copy.deepcopy(model)
    damaged.classifier.weight.data.fill_(float("inf"))
    with pytest.raises(UserError, match="the model's scores are no numbers"):
        Predictor(TorchModel(damaged), LABELS, "greedy", 64).predict([2], [0], [[2, 3]], [[0, 1]])


def test_the_sentences_of_scores_that_are_no_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prediction, "CHUNK", 2)
    backend = Says({7: [1.0, 0.0, 0.0], 8: [float("nan"), 0.0, 0.0]})
    with pytest.raises(NonFiniteError) as raised:
        Predictor(backend, LABELS, "greedy", 64).predict([1] * 4, [0, 1, 2, 3], [[7], [7], [7], [8]], [[0]] * 4)
    assert raised.value.sentences == [3]


def test_the_loss_of_gold_labels() -> None:
    backend = Says({7: [2.0, 1.0, 0.0], 8: [0.0, 0.0, 5.0]})
    # The third word is of no sub-word.
    words = ([2, 1], [0, 1], [[7, 8], [9]], [[0, 1], [-1]])
    found = Predictor(backend, LABELS, "greedy", 64).predict(*words, gold=[["B-X", "I-X"], ["B-X"]])
    expected = np.log(np.exp([2.0, 1.0, 0.0]).sum()) - 1 + np.log(np.exp([0.0, 0.0, 5.0]).sum()) - 5
    assert found.loss == pytest.approx(expected, abs=1e-6)
    assert Predictor(backend, LABELS, "greedy", 64).predict(*words).loss == 0
