"""Errors of a sentence, and which sentences come first."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.evaluations import row

from tagline.report.outcomes import Row, confidence, extent, outcomes, worst_first


def test_outcomes_stand_by_where_they_begin() -> None:
    found = outcomes(row("a b c d e", "O B-X I-X O B-Y", "B-Z B-X O O B-Y"), "spans")
    assert [(outcome.kind, extent(outcome)) for outcome in found] == [
        ("spurious", (0, 1)),
        ("boundary_error", (1, 3)),
        ("correct", (4, 5)),
    ]


def test_of_plain_tags_only_wrong_words() -> None:
    (found,) = outcomes(row("a b", "NOUN VERB", "NOUN NOUN"), "tags")
    assert (found.kind, found.gold, found.predicted) == ("type_error", ("VERB", 1, 2), ("NOUN", 1, 2))


def test_confidence_is_the_mean_over_the_words_of_both_spans() -> None:
    scores = np.array([0.9, 0.8, 0.4, 1.0], dtype=np.float32)
    sentence = Row("s", "abcd", ["B-X", "I-X", "O", "O"], ["O", "B-X", "I-X", "O"], scores)
    (outcome,) = outcomes(sentence, "spans")
    assert confidence(sentence, outcome) == pytest.approx(0.7)


def test_worst_first() -> None:
    rows = [
        row("a", "B-X", "B-X", 1.0),  # right: not there
        row("a", "B-X", "O", 0.6),
        row("a b", "B-X B-X", "O O", 0.5),  # two errors, each less sure
        row("a", "B-X", "O", 0.9),
        row("a", "O", "B-X", 0.6),  # as the second one
        row("a", "B-X", "I-X", 1.0),  # other labels, the same entity
    ]
    assert worst_first(rows, "spans") == [(2, 1.0), (3, 0.9), (1, 0.6), (4, 0.6)]
