import numpy as np
import pytest

from tagline.metrics.partly_labelled import Parts, measure

ALL = 2000


@pytest.fixture
def texts():
    """Entities of sentences, of which the model finds three in four; float64 (3, sentences)."""
    generator = np.random.default_rng(0)
    gold = generator.integers(1, 5, ALL).astype(float)
    correct = generator.binomial(gold.astype(int), 0.75).astype(float)
    return np.array([correct, correct + generator.integers(0, 2, ALL), gold])


def summed(texts):
    return Parts(*texts.sum(1, keepdims=True))


def f1(texts):
    correct, predicted, gold = texts.sum(1)
    return 2 * correct / (predicted + gold)


def test_perfect_estimates_give_the_scores_of_all_texts_and_useless_ones_change_nothing(texts):
    labelled = texts[:, :50]
    found = measure(Parts(*labelled), Parts(*labelled), summed(texts))
    assert abs(f1(labelled) - f1(texts)) > 0.01
    assert found["f1"]["value"] == pytest.approx(f1(texts), abs=0.003)
    alone = measure(Parts(*labelled), Parts(*np.ones((3, 50))), summed(texts))
    assert width(found) < 0.3 * width(alone)
    correct, predicted, gold = labelled.sum(1)
    expected = {"precision": correct / predicted, "recall": correct / gold, "f1": f1(labelled)}
    for name, value in expected.items():
        assert alone[name]["value"] == pytest.approx(value, abs=1e-6)
        assert alone[name]["low"] < value < alone[name]["high"]


def test_estimates_correct_by_their_own_difference_at_most_and_never_against_it():
    correct, two = np.array([0.0, 1.0, 1.0, 2.0, 2.0, 2.0]), np.full(6, 2.0)
    of_all = Parts(np.array([1.0]), np.array([2.0]), np.array([2.0]))
    # F1 is 8 of 12. Half as far from 1 as the truth, the estimates have 7 of 12, and of all texts 1 of 2.
    for estimated, expected in ((0.5 + correct / 2, 8 / 12 - (7 / 12 - 1 / 2)), (2 - correct, 8 / 12)):
        found = measure(Parts(correct, two, two), Parts(estimated, two, two), of_all)
        assert found["f1"]["value"] == pytest.approx(expected, abs=1e-5)


def test_the_interval_holds_for_noisy_estimates(texts):
    generator = np.random.default_rng(1)
    estimated = texts * generator.uniform(0.5, 1.2, texts.shape)
    holds, narrower = [], []
    for _ in range(60):
        chosen = generator.choice(ALL, 50, replace=False)
        found = measure(Parts(*texts[:, chosen]), Parts(*estimated[:, chosen]), summed(estimated))
        alone = measure(Parts(*texts[:, chosen]), Parts(*np.ones((3, 50))), summed(estimated))
        holds.append(found["f1"]["low"] <= f1(texts) <= found["f1"]["high"])
        narrower.append(width(found) < width(alone))
    assert np.mean(holds) >= 0.85
    assert np.mean(narrower) >= 0.9


def width(scores):
    return scores["f1"]["high"] - scores["f1"]["low"]
