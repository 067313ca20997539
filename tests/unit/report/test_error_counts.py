"""Errors as rows of the page."""

from __future__ import annotations

from helpers.tagged import Row, sentences

from tagline.labels.label_list import Kind
from tagline.metrics.outcomes import outcomes
from tagline.report.evaluation_page import ErrorCounts, count_errors


def counted(gold: list[Row], predicted: list[Row], kind: Kind = "spans") -> ErrorCounts:
    return count_errors(map(outcomes, sentences(gold, predicted, kind)), kind)


def test_errors_by_kind_and_type() -> None:
    counts = counted(["B-X O B-Y B-X O", "B-X", "O"], ["O B-Y B-X B-X O", "O", "O"])
    assert counts.kinds == {"missed": 2, "spurious": 1, "type_error": 1}
    assert counts.types == [("X", [2, 0, 0]), ("Y", [0, 1, 1])]
    assert counts.pairs == []


def test_errors_of_plain_tags_are_counted_by_pair() -> None:
    assert counted(["N V N N"], ["V N V N"], "tags").pairs == [("N", "V", 2), ("V", "N", 1)]
