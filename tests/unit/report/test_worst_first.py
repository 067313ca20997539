"""Ranking: the confidence of errors, and the sentences with the highest cost first."""

from __future__ import annotations

import pytest
from helpers.evaluations import sentence, with_common_labels
from helpers.tagged import sentences

from tagline.metrics.outcomes import outcomes, outcomes_of_errors
from tagline.report.worst_first import confidence, worst_first


def test_confidence_is_the_mean_over_the_words_of_both_entities() -> None:
    (found,) = sentences(["B-X I-X O O"], ["O B-X I-X O"], scores=[[0.9, 0.8, 0.4, 1.0]])
    (outcome,) = outcomes(found)
    assert confidence(found, outcome) == pytest.approx(0.7)


def test_worst_first() -> None:
    ranked = [
        sentence("a", "B-X", "B-X", 1.0),  # correct: left out
        sentence("a", "B-X", "O", 0.6),
        sentence("a b", "B-X B-X", "O O", 0.5),  # two errors with less confidence
        sentence("a", "B-X", "O", 0.9),
        sentence("a", "O", "B-X", 0.6),  # the same cost as the second sentence
        sentence("a", "B-X", "I-X", 1.0),  # another label, but the same entity: left out
    ]
    ranked = with_common_labels(ranked)
    assert worst_first(ranked, outcomes_of_errors(ranked)) == [(2, 1.0), (3, 0.9), (1, 0.6), (4, 0.6)]


def test_plain_tags_with_correct_words() -> None:
    found = sentence("a b c", "N V N", "N N N", 0.5, kind="tags")
    assert worst_first([found], {0: outcomes(found)}) == [(0, 0.5)]
