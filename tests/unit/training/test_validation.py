"""Validation: a loss and an accuracy over words, dropout on again; stages/test_engines.py has the scores."""

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from helpers.architectures import new_model
from helpers.windows import LABELS, split_of

from tagline.model.heads import make_head
from tagline.training.validation import Validation

# The middle word of the second sentence has no sub-word; the third sentence has two windows with its middle word.
WORDS = [["a", "b"], ["c", "\u200b", "d"], ["e", "f", "g"]]
GOLD = [[1, 2], [0, 1, 0], [1, 0, 1]]
WINDOWS = {
    "sentence": [0, 1, 2, 2],
    "input_ids": [[2, 5, 6, 6, 3], [2, 7, 8, 3], [2, 9, 10, 3], [2, 10, 11, 3]],
    "word_ids": [[-1, 0, 1, 1, -1], [-1, 0, 2, -1], [-1, 0, 1, -1], [-1, 1, 2, -1]],
    "labels": [[-100, 1, 2, 2, -100], [-100, 0, 0, -100], [-100, 1, 0, -100], [-100, 0, 1, -100]],
}


@pytest.mark.parametrize("subwords_per_device", [None, 4])
def test_loss_is_the_mean_over_words_with_subwords(subwords_per_device):
    model = new_model("bert")
    # For each word: its window, the position of its first sub-word, its gold label. Word f is at an edge of both of
    # its windows, so the first one is chosen.
    chosen = [(0, 1, 1), (0, 2, 2), (1, 1, 0), (1, 2, 0), (2, 1, 1), (2, 2, 0), (3, 2, 1)]
    with torch.no_grad():
        logits = [model(input_ids=torch.tensor([row])).logits[0].log_softmax(-1) for row in WINDOWS["input_ids"]]
    expected = [-logits[window][position, gold].item() for window, position, gold in chosen]
    correct = [logits[window][position].argmax().item() == gold for window, position, gold in chosen]
    sentences = {"id": ["a", "b", "c"], "words": WORDS, "labels": GOLD}
    head = make_head("linear", LABELS)
    validation = Validation(split_of(sentences, WINDOWS), head, "fp32", subwords_per_device)
    scores = validation.scores(Accelerator(), model.train())
    assert scores["loss"] == pytest.approx(np.mean(expected), abs=2e-6)
    assert scores["accuracy"] == sum(correct) / 8, "the word without sub-words is O, which is wrong"
    assert model.training, "dropout is on again"
