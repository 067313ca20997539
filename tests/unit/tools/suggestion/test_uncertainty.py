"""Uncertainty of a text: expected errors per word."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.runs import tagged

from tagline.labels.label_list import Labels
from tagline.tools.suggestion.uncertainty import uncertainty

LABELS = Labels("ner", "spans", ("O", "B-PER", "I-PER"), "O")
TAGS = Labels("pos", "tags", ("NOUN", "VERB"), "NOUN")


@pytest.mark.parametrize(
    ("labels", "scores", "expected"),
    [
        (["B-PER", "O", "B-PER"], [0.8, 1.0, 0.7], (0.2 + 0.3) / 3),
        (["B-PER", "I-PER", "O"], [0.8, 0.6, 0.9], (0.3 + 0.1) / 3),  # an entity of two words counts once
        (["B-PER", "B-PER", "O"], [0.8, 0.6, 0.9], (0.2 + 0.4 + 0.1) / 3),
        (["O", "O"], [0.5, 0.0], 0.5 / 2),  # the second word has no sub-words
        (["O"], [1.0], 0.0),
    ],
)
def test_expected_errors_per_word(labels: list[str], scores: list[float], expected: float) -> None:
    assert uncertainty(tagged(labels, LABELS, scores=scores)) == pytest.approx(expected, abs=1e-6)


def test_plain_tags() -> None:
    assert uncertainty(tagged(["NOUN", "NOUN"], TAGS, scores=[0.5, 0.8])) == pytest.approx(0.35)


def test_a_text_twice_is_as_uncertain_as_once() -> None:
    once, scores = ["B-PER", "I-PER", "O", "O"], [0.9, 0.5, 0.99, 0.7]
    twice = uncertainty(tagged(once * 2, LABELS, scores=scores * 2))
    assert twice == pytest.approx(uncertainty(tagged(once, LABELS, scores=scores)))
    assert np.isfinite(twice)
