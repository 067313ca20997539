"""Scores as rows of the page."""

from __future__ import annotations

from helpers.evaluations import evaluation, sentence

from tagline.report import score_rows

SENTENCE = sentence("Ada in Oslo", "B-PER O B-LOC", "B-PER O O")


def test_rows_have_the_scores_of_the_metrics() -> None:
    metrics = evaluation([SENTENCE]).metrics["test"]
    whole = score_rows.overall(metrics)
    assert (whole.value, whole.number) == (metrics["overall"]["f1"], 2)
    assert {"low": whole.low, "high": whole.high} == metrics["intervals"]["overall"]["f1"]
    assert [(score.name, score.value) for score in score_rows.per_type(metrics)] == [("LOC", 0.0), ("PER", 1.0)]


def test_slices_are_grouped_by_property() -> None:
    groups = score_rows.slice_groups(evaluation([SENTENCE]).metrics["test"])
    assert [(group.title, group.measure) for group in groups] == [
        ("In training split", "f1"),
        ("Words of the entity", "f1"),
        ("Words of the sentence", "f1"),
        ("Sentence in training split", "f1"),
    ]
    assert [score.name for score in groups[0].rows] == ["unseen"]


def test_words_of_plain_tags_have_an_accuracy() -> None:
    tagged = sentence("a b", "N V", "N N", kind="tags")
    group, *_ = score_rows.slice_groups(evaluation([tagged], kind="tags").metrics["test"])
    assert (group.measure, group.rows[0].value) == ("accuracy", 0.5)
