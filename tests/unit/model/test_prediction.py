"""Prediction: padding, sorting, chunks and windows do not change the predictions; any head is supported."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers.architectures import new_model
from helpers.fake_backends import FixedLogits
from helpers.windows import LABELS, windows

from tagline.labels.label_list import NOT_CALIBRATED, Calibration
from tagline.model import prediction
from tagline.model.backends.torch_model import TorchModel, workers
from tagline.model.heads.crf import CrfHead
from tagline.model.heads.linear import LinearHead
from tagline.model.prediction import UNSEEN, NonFiniteError, Predictor, choose_windows
from tagline.terminal.errors import UserError


def predictor(backend, subwords_per_batch=64, workers=None):
    """A predictor with the linear head."""
    return Predictor(backend, LinearHead(LABELS), LABELS, subwords_per_batch, workers)


def names(labels):
    return [LABELS.names[label] for label in labels]


def sentences_of(rows):
    """Sentences of one window each, whose sub-words are words."""
    lengths = list(map(len, rows))
    return lengths, windows(range(len(rows)), rows, list(map(range, lengths)))


@pytest.fixture(scope="module")
def model():
    return new_model("bert")


@pytest.mark.parametrize("chunk", [1, 2, 100])
def test_predictions_are_those_of_one_window_at_a_time_also_by_workers(model, chunk, monkeypatch):
    monkeypatch.setattr(prediction, "CHUNK", chunk)
    generator = torch.Generator().manual_seed(2)
    rows = [torch.randint(1, 30, (length,), generator=generator).tolist() for length in (3, 11, 1, 7, 7, 2)]
    words, backend = sentences_of(rows), TorchModel(model)
    found = predictor(backend, subwords_per_batch=16).predict(*words)
    assert (found.labels.dtype, found.scores.dtype) == (np.int32, np.float32)
    with torch.no_grad():
        logits = [model(input_ids=torch.tensor([row])).logits[0] for row in rows]
    expected = torch.cat(logits).softmax(-1).numpy()
    assert found.greedy.tolist() == expected.argmax(-1).tolist()
    np.testing.assert_allclose(found.scores, expected[np.arange(len(expected)), found.labels], atol=1e-6)
    assert (found.without_subwords, found.loss) == (0, 0.0)
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        with workers(backend.device) as threads:
            by_workers = predictor(backend, subwords_per_batch=16, workers=threads).predict(*words)
            assert threads.submit(torch.get_num_threads).result() == 1
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
    np.testing.assert_array_equal(by_workers.labels, found.labels)
    np.testing.assert_array_equal(by_workers.scores, found.scores)


def test_biases_change_labels_only():
    plain = predictor(FixedLogits({7: [2.0, 1.0, 0.0], 8: [0.0, 0.0, 5.0]}))
    # The third word does not have sub-words.
    words = [3], windows([0], [[7, 8]], [[0, 1]]), np.array([1, 2, 0])
    before = plain.predict(*words)
    zero, after, none = (replace(plain, biases={"X": bias}).predict(*words) for bias in (0.0, 1.5, -9.0))
    assert names(none.labels) == ["O", "O", "O"]
    assert names(after.labels) == ["B-X", "I-X", "O"]
    assert after.scores[0] == pytest.approx(np.exp(1) / (np.exp(2) + np.exp(1) + 1)), "of the model, without bias"
    assert names(after.greedy) == names(before.greedy) == ["O", "I-X", "O"]
    assert after.loss == before.loss
    for unchanged, expected in zip(zero, before, strict=True):
        np.testing.assert_array_equal(unchanged, expected)


def test_calibration_gives_words_the_score_of_their_entity_and_changes_no_label():
    # B-X I-X O and a word without sub-words, B-X, O O. The third word may continue the first entity.
    plain = predictor(FixedLogits({7: [0.0, 3.0, 0.0], 8: [0.0, 0.0, 3.0], 9: [1.0, 0.0, 0.9], 10: [2.0, 0.0, 0.0]}))
    words = [4, 1, 2], windows([0, 1, 2], [[7, 8, 9], [7], [9, 10]], [[0, 1, 2], [0], [0, 1]])
    maps = (None, NOT_CALIBRATED, Calibration([[0.0, 0.2]], [[0.0, 0.7]]))
    before, after, mapped = (replace(plain, calibration=each).predict(*words) for each in maps)
    assert names(before.labels) == ["B-X", "I-X", "O", "O", "B-X", "O", "O"]
    assert before.labels.tolist() == after.labels.tolist() == mapped.labels.tolist()
    lowest = 1 - np.exp(0.9) / (np.exp(1) + 1 + np.exp(0.9))
    assert lowest < min(before.scores[:2])
    np.testing.assert_allclose(after.scores, [lowest, lowest, before.scores[2], 0, *before.scores[4:]], rtol=1e-6)
    np.testing.assert_allclose(mapped.scores, [0.2, 0.2, 0.7, 0, 0.2, 0.7, 0.7], rtol=1e-6)


@pytest.mark.parametrize("calibration", [None, NOT_CALIBRATED])
def test_types_that_are_left_out_become_outside_with_the_score_of_the_chosen_label(calibration):
    """B-X I-X and O, of which only O would be left with a probability near 0."""
    backend = FixedLogits({7: [0.0, 3.0, 0.0], 8: [0.0, 0.0, 4.0], 9: [3.0, 0.0, 0.0]})
    whole = replace(predictor(backend), calibration=calibration)
    words = [3], windows([0], [[7, 8, 9]], [[0, 1, 2]])
    found, left = whole.predict(*words), replace(whole, left_out=["X"]).predict(*words)
    assert names(found.labels) == ["B-X", "I-X", "O"]
    assert (names(left.labels), names(left.greedy)) == (["O"] * 3, ["O"] * 3)
    assert left.scores.tolist() == found.scores.tolist() and left.scores.min() > 0.5


def test_words_and_sentences_without_subwords_get_the_fallback_label():
    backend = FixedLogits({7: [0.0, 5.0, 0.0], 8: [0.0, 0.0, 5.0]})
    found = predictor(backend).predict([3], windows([0], [[7, 8]], [[0, 2]]))
    assert names(found.labels)[:2] == ["B-X", "O"]
    assert names(found.labels)[2] != "I-X", "no entity continues after such a word"
    found = predictor(backend).predict([1, 1, 2], windows([0, 1, 2], [[], [2, 3], [7, 8]], [[], [-1, -1], [0, 1]]))
    assert (names(found.labels), found.without_subwords) == (["O", "O", "B-X", "I-X"], 2)
    nothing = predictor(backend).predict([], windows([], [], []))
    assert (nothing.labels.tolist(), nothing.scores.tolist(), nothing.without_subwords) == ([], [], 0)


def test_nan_logits_are_an_error_that_has_their_sentences(monkeypatch):
    monkeypatch.setattr(prediction, "CHUNK", 2)
    backend = FixedLogits({7: [1.0, 0.0, 0.0], 8: [float("nan"), 0.0, 0.0]})
    with pytest.raises(NonFiniteError, match="the model produced NaN or infinite logits; its weights may") as raised:
        predictor(backend).predict(*sentences_of([[7], [7], [7], [8]]))
    assert raised.value.sentences == [3]


@pytest.mark.parametrize("chunk", [1, 100])
def test_head_scores_whole_sentences(chunk, monkeypatch):
    """Decoding, probabilities and loss are the head's own, with the fallback label for words without sub-words."""
    monkeypatch.setattr(prediction, "CHUNK", chunk)
    logits = {7: [-3.0, 4.0, 3.0], 8: [1.0, 0.0, 2.0], 9: [1.0, 2.5, -8.0]}
    head = CrfHead(LABELS).with_weights({"transitions": np.array([[0, 2, -1], [1, 0, 3], [2, 1, -2]], np.float32)})
    gold, lengths = np.array([0, 1, 2, 1, 2]), [3, 1, 1]
    # Sentences of three words (the second without sub-words), of one, and of one without sub-words.
    words = lengths, windows([0, 1], [[7, 8], [9]], [[0, 2], [0]])
    found = Predictor(FixedLogits(logits), head, LABELS, 64).predict(*words, gold)
    unseen = [0, -np.inf, -np.inf]
    scores = np.array([logits[7], unseen, logits[8], logits[9], unseen], np.float32)
    seen = np.isfinite(scores).all(axis=1)
    labels = head.decode(scores, np.array(lengths))
    assert found.labels.tolist() == labels.tolist() != scores.argmax(-1).tolist()
    assert found.without_subwords == 2
    assert found.loss == pytest.approx(head.negative_log_likelihood(scores, np.array(lengths), gold, seen))
    expected = head.probabilities(scores, np.array(lengths)) * seen[:, None]
    np.testing.assert_allclose(found.scores, expected[np.arange(5), labels], atol=1e-6)


def test_subword_that_the_model_does_not_have_is_an_error(model):
    with pytest.raises(UserError, match="a sub-word id is outside the embedding table"):
        TorchModel(model).logits([np.array([2, 40, 3])], [np.array([1])])


CHOICES = [
    # Words 0..5 in two windows that share 2 and 3; 2 has more context in the first, 3 in the second.
    ([6], [0, 0], [[-1, 0, 1, 2, 3, -1], [-1, 2, 3, 4, 5, -1]], ([0, 0, 0, 1, 1, 1], [1, 2, 3, 2, 3, 4])),
    # Word 1 is at the right edge of the first window and at the left edge of the second: a tie, the first wins.
    ([3], [0, 0], [[0, 1], [1, 2]], ([0, 0, 1], [0, 1, 1])),
    # Words without sub-words are in no window.
    ([3, 1], [0, 1], [[-1, 0, 0, 2, -1], [-1, -1]], ([0, UNSEEN, 0, UNSEEN], [1, 0, 3, 0])),
]


@pytest.mark.parametrize(("lengths", "sentence", "word_ids", "expected"), CHOICES)
def test_each_word_takes_the_window_with_most_context(lengths, sentence, word_ids, expected):
    chosen = choose_windows(lengths, windows(sentence, word_ids, word_ids))
    assert tuple(array.tolist() for array in chosen) == expected
