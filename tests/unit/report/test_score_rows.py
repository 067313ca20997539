"""Slices and errors as rows of the page."""

from __future__ import annotations

from helpers.evaluations import evaluation, sentence
from helpers.tagged import Row, sentences

from tagline.labels.label_list import Kind
from tagline.metrics.outcomes import outcomes
from tagline.report import score_rows
from tagline.report.score_rows import ErrorCounts, count_errors

SENTENCE = sentence("Ada in Oslo", "B-PER O B-LOC", "B-PER O O")


def test_slices_are_grouped_by_property() -> None:
    groups = score_rows.slice_groups(evaluation([SENTENCE]).metrics["test"])
    titles = ["In training split", "Words of the entity", "Words of the sentence", "Sentence in training split"]
    assert [(group.title, group.measure) for group in groups] == [(title, "f1") for title in titles]
    assert [score.name for score in groups[0].rows] == ["unseen"]
    tagged = sentence("a b", "N V", "N N", kind="tags")
    group, *_ = score_rows.slice_groups(evaluation([tagged], kind="tags").metrics["test"])
    assert (group.measure, group.rows[0].value) == ("accuracy", 0.5)


def counted(gold: list[Row], predicted: list[Row], kind: Kind = "spans") -> ErrorCounts:
    return count_errors(map(outcomes, sentences(gold, predicted, kind)), kind)


def test_errors_by_kind_and_type() -> None:
    counts = counted(["B-X O B-Y B-X O", "B-X", "O"], ["O B-Y B-X B-X O", "O", "O"])
    assert counts.kinds == {"missed": 2, "spurious": 1, "type_error": 1}
    assert counts.types == [("X", [2, 0, 0]), ("Y", [0, 1, 1])]
    assert counts.pairs == []


def test_errors_of_plain_tags_are_counted_by_pair() -> None:
    assert counted(["N V N N"], ["V N V N"], "tags").pairs == [("N", "V", 2), ("V", "N", 1)]
