"""Metrics as rows."""

from __future__ import annotations

from helpers.evaluations import evaluation, row

from tagline.report import scores

WRONG = row("Ada in Oslo", "B-PER O B-LOC", "B-PER O O")


def test_scores_are_those_of_the_metrics() -> None:
    metrics = evaluation([WRONG]).metrics["test"]
    whole = scores.overall(metrics)
    assert (whole.value, whole.number) == (metrics["overall"]["f1"], 2)
    assert {"low": whole.low, "high": whole.high} == metrics["intervals"]["overall"]["f1"]
    assert [(score.name, score.value) for score in scores.per_type(metrics)] == [("LOC", 0.0), ("PER", 1.0)]


def test_parts_have_titles_and_a_measure() -> None:
    parts = scores.parts(evaluation([WRONG]).metrics["test"])
    assert [(part.title, part.measure) for part in parts] == [
        ("Text in training", "f1"),
        ("Words of the entity", "f1"),
        ("Words of the sentence", "f1"),
        ("Sentence in training", "f1"),
    ]
    assert [score.name for score in parts[0].rows] == ["unseen"]


def test_words_of_plain_tags_have_an_accuracy() -> None:
    parts = scores.parts(evaluation([row("a b", "N V", "N N")], kind="tags").metrics["test"])
    assert (parts[0].measure, parts[0].rows[0].value) == ("accuracy", 0.5)
