"""F-beta: compared with scikit-learn, and with its definition."""

from __future__ import annotations

import pytest
from helpers.tagged import sentences
from sklearn.metrics import fbeta_score

from tagline.metrics.counts import count
from tagline.metrics.resampling import f_beta


def test_f_beta_of_tags_is_that_of_scikit_learn() -> None:
    gold, predicted = "A A B C C C".split(), "A B B C A D".split()
    found = f_beta(count(sentences([gold], [predicted], "tags"), "tags"), 2)
    labels = ["A", "B", "C"]
    expected = fbeta_score(gold, predicted, beta=2, labels=labels, average=None, zero_division=0)
    assert found["per_type"] == pytest.approx(dict(zip(labels, expected, strict=True)), abs=1e-6)
    assert found["overall"] == pytest.approx(expected.mean(), abs=1e-6)


def test_f_beta_of_entities_weighs_recall() -> None:
    counts = count(sentences(["B-X B-X B-Y O"], ["B-X O B-Y B-Y"]), "spans")
    precision = recall = 2 / 3
    found = f_beta(counts, 2)
    assert found["overall"] == pytest.approx(5 * precision * recall / (4 * precision + recall), abs=1e-6)
    assert found["per_type"] == pytest.approx({"X": 5 * 0.5 / (4 + 0.5), "Y": 5 * 0.5 / (4 * 0.5 + 1)}, abs=1e-6)
