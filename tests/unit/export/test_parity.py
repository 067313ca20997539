"""Parity: reports on backends that predict the same or something else."""

from __future__ import annotations

import pytest
from datasets import Dataset
from helpers.fake_backends import FixedLogits

from tagline.artifacts.tokenized import WINDOW_FEATURES, Split, sentence_features
from tagline.core.errors import UserError
from tagline.export.parity import Parity
from tagline.labels.label_list import Labels
from tagline.model.heads import make_head

LABELS = Labels("ner", "spans", ("O", "B-X", "I-X"), "O")
TRAINED = {7: [0.0, 2.0, 0.0], 8: [3.0, 0.0, 0.0], 9: [0.0, 0.0, 1.0]}


@pytest.fixture(scope="module")
def parity() -> Parity:
    """Sentences of three words and one word; the trained model finds two of three entities."""
    rows = {"id": ["a", "b"], "words": [["x", "y", "z"], ["x"]], "labels": [[1, 0, 1], [1]]}
    sentences = Dataset.from_dict(rows, features=sentence_features(LABELS))
    rows = {"sentence": [0, 1], "input_ids": [[2, 7, 8, 8, 3], [2, 7, 3]]}
    rows |= {"word_ids": [[-1, 0, 1, 2, -1], [-1, 0, -1]], "labels": [[-100, 1, 0, 1, -100], [-100, 1, -100]]}
    windows = Dataset.from_dict(rows, features=WINDOW_FEATURES)
    return Parity(FixedLogits(TRAINED), Split(sentences, windows), LABELS, make_head("linear", LABELS))


def test_report_compares_labels_logits_and_f1(parity: Parity) -> None:
    assert (parity.words, parity.f1) == (4, 0.8)  # two correct, one missed
    same = {"same_labels": 1.0, "largest_logit_difference": 0.0, "f1": 0.8}
    assert parity.report(FixedLogits(TRAINED), "same") == same
    other = FixedLogits(TRAINED | {7: [2.5, 2.0, 0.25], 8: [3.0, 0.5, -0.5]})
    assert parity.report(other, "other") == {"same_labels": 0.5, "largest_logit_difference": 2.5, "f1": 0.0}
    assert parity.report(FixedLogits(TRAINED), "same") == same, "reports are independent"


def test_biases_apply_to_both_sides(parity: Parity) -> None:
    biased = Parity(FixedLogits(TRAINED), parity.split, LABELS, make_head("linear", LABELS), {"X": 3.5})
    assert biased.f1 == 0.857143  # three correct, one spurious
    found = biased.report(FixedLogits(TRAINED), "same")
    assert found == {"same_labels": 1.0, "largest_logit_difference": 0.0, "f1": 0.857143}


@pytest.mark.parametrize("most", [1, 8, 2**20])
def test_batches_may_have_another_size(parity: Parity, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    """As those of a GPU, when a graph on the CPU is compared with the model."""
    monkeypatch.setattr("tagline.export.parity.default_size", lambda device: most)
    assert parity.report(FixedLogits(TRAINED), "same")["largest_logit_difference"] == 0.0
    assert parity.report(FixedLogits(TRAINED | {8: [3.0, 0.5, 0.0]}), "other")["largest_logit_difference"] == 0.5


def test_nan_logits_of_a_backend_are_an_error(parity: Parity) -> None:
    message = "backend half: NaN or infinite logits; expected finite ones; float16 may overflow"
    with pytest.raises(UserError, match=message):
        parity.report(FixedLogits(TRAINED | {8: [float("nan"), 0.0, 0.0]}), "half")
