"""Validation: the same scores as `predict_split` and `score`, and a loss over words."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from datasets import Dataset
from transformers import BertConfig, BertForTokenClassification

from tagline.artifacts.tokenized import WINDOW_FEATURES, Split, sentence_features
from tagline.labels.label_list import Labels
from tagline.labels.tagged import TaggedSentences
from tagline.metrics.counts import count
from tagline.metrics.scores import score
from tagline.model.backends.torch_model import TorchModel
from tagline.model.heads import make_head
from tagline.model.prediction import Predictor, predict_split
from tagline.training.validation import Validation

LABELS = Labels("ner", "spans", ("O", "B-X", "I-X"), "O")
# The middle word of the second sentence has no sub-word; the third sentence has two windows with its middle word.
WORDS = [["a", "b"], ["c", "\u200b", "d"], ["e", "f", "g"]]
GOLD = [[1, 2], [0, 1, 0], [1, 0, 1]]
WINDOWS = {
    "sentence": [0, 1, 2, 2],
    "input_ids": [[2, 5, 6, 6, 3], [2, 7, 8, 3], [2, 9, 10, 3], [2, 10, 11, 3]],
    "word_ids": [[-1, 0, 1, 1, -1], [-1, 0, 2, -1], [-1, 0, 1, -1], [-1, 1, 2, -1]],
    "labels": [[-100, 1, 2, 2, -100], [-100, 0, 0, -100], [-100, 1, 0, -100], [-100, 0, 1, -100]],
}


@pytest.fixture(scope="module")
def model() -> BertForTokenClassification:
    torch.manual_seed(5)
    size = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}
    return BertForTokenClassification(BertConfig(vocab_size=12, num_labels=3, **size)).train()


@pytest.fixture
def split() -> Split:
    sentences = {"id": ["a", "b", "c"], "words": WORDS, "labels": GOLD}
    return Split(
        Dataset.from_dict(sentences, features=sentence_features(LABELS)),
        Dataset.from_dict(WINDOWS, features=WINDOW_FEATURES),
    )


@pytest.mark.parametrize("subwords_per_device", [None, 4])
def test_scores_are_of_all_words(
    model: BertForTokenClassification, split: Split, subwords_per_device: int | None
) -> None:
    words: list[int] = []
    scores = Validation(split, make_head("linear", LABELS), LABELS, "fp32", subwords_per_device).scores(
        Accelerator(), model, words.append
    )
    assert sum(words) == len(split.gold()) - 1, "one word has no sub-words"
    assert model.training, "dropout is on again"
    predictor = Predictor(TorchModel(model.eval()), make_head("linear", LABELS), LABELS, 64)
    predictions = predict_split(predictor, split, "")
    model.train()
    sentences = TaggedSentences(LABELS, split.lengths(), predictions.labels, predictions.scores, split.gold())
    expected = score(count(sentences, "spans"))["overall"]
    assert {name: scores[name] for name in ("precision", "recall", "f1", "accuracy")} == {
        name: expected[name] for name in ("precision", "recall", "f1", "accuracy")
    }


def test_loss_is_the_mean_over_words_with_subwords(model: BertForTokenClassification, split: Split) -> None:
    model.eval()
    # For each word: its window, the position of its first sub-word, its gold label. Word f is at an edge of both of
    # its windows, so the first one is chosen.
    chosen = [(0, 1, 1), (0, 2, 2), (1, 1, 0), (1, 2, 0), (2, 1, 1), (2, 2, 0), (3, 2, 1)]
    with torch.no_grad():
        logits = [model(input_ids=torch.tensor([row])).logits[0].log_softmax(-1) for row in WINDOWS["input_ids"]]
    expected = np.mean([-logits[window][position, gold].item() for window, position, gold in chosen])
    scores = Validation(split, make_head("linear", LABELS), LABELS, "fp32", None).scores(Accelerator(), model)
    assert scores["loss"] == pytest.approx(expected, abs=2e-6)
