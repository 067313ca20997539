"""Matching: the scores that nervaluate 1.2.1 gives."""

from __future__ import annotations

import pytest
from helpers.tagged import sentences

from tagline.metrics.outcomes import matching, outcomes_of_errors


@pytest.mark.parametrize(
    ("gold", "predicted", "exact", "partial", "types"),
    [
        (["B-X I-X O", "B-Y O"], ["B-X I-X O", "B-Y O"], (1, 1), (1, 1), (1, 1)),
        (["B-X I-X I-X O"], ["B-X I-X O O"], (0, 0), (0.5, 0.5), (1, 1)),
        (["B-X I-X O"], ["B-Y I-Y O"], (1, 1), (1, 1), (0, 0)),
        (["B-X I-X O"], ["B-Y O O"], (0, 0), (0.5, 0.5), (0, 0)),
        (["B-X I-X I-X O"], ["B-X B-X O B-Y"], (0, 0), (0.166667, 0.5), (0.333333, 1)),
        (["B-X B-Y O"], ["B-X I-X O"], (0, 0), (0.5, 0.25), (1, 0.5)),
        (["B-Y B-X I-X I-X"], ["B-X I-X I-X O"], (0, 0), (0.5, 0.25), (1, 0.5)),
        (["B-X O", "O O"], ["O B-X", "O O"], (0, 0), (0, 0), (0, 0)),
        (["O B-Y", "B-X I-X"], ["O O", "I-X B-X"], (0, 0), (0.25, 0.25), (0.5, 0.5)),
        (["O"], ["O"], (0, 0), (0, 0), (0, 0)),
    ],
)
def test_scores_of_nervaluate(gold: list, predicted: list, exact: tuple, partial: tuple, types: tuple) -> None:
    split = sentences(gold, predicted)
    found = matching(split, outcomes_of_errors(split).keys())
    scores = {name: (numbers["precision"], numbers["recall"]) for name, numbers in found.items()}
    assert scores == {"exact": exact, "partial": partial, "type": types}
