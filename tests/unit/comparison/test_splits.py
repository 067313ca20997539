"""One split of both sides: over which sentences, against which gold labels, and what is told of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from helpers.runs import made

from tagline.comparison.splits import compare, compare_split
from tagline.core.errors import UserError

ADA = ("0", "Ada lives", "B-PER O", "B-PER O")
OSLO = ("1", "in Oslo", "O B-LOC", "O O")
OSLO_RIGHT = ("1", "in Oslo", "O B-LOC", "O B-LOC")


def test_nothing_to_tell_of_two_whole_runs() -> None:
    found = compare_split("test", [made("a", [ADA, OSLO])], [made("b", [ADA, OSLO_RIGHT])])
    f1 = found.differences.overall["f1"]
    assert (f1.old, f1.new) == (pytest.approx((2 / 3,)), (1.0,))
    assert [change.entity.type for change in found.changes] == ["LOC"]
    assert found.notes == []


def test_common_sentences_only() -> None:
    other = ("9", "more words", "O O", "B-LOC B-LOC")
    found = compare_split("test", [made("a", [ADA, OSLO])], [made("b", [other, OSLO_RIGHT, other])])
    assert found.notes == ["test: the 1 common sentence is compared; left out are 1 of a, 2 of b"]
    f1 = found.differences.overall["f1"]
    assert (f1.old, f1.new) == ((0.0,), (1.0,))
    assert found.rows.ids == ["1"]


def test_the_gold_labels_of_the_last_run_hold_for_all() -> None:
    relabelled = ("0", "Ada lives", "O O", "O O")
    found = compare_split("test", [made("a", [ADA, OSLO])], [made("b", [relabelled, OSLO_RIGHT])])
    assert found.notes == [
        "test: the gold labels of 1 sentence in a are others than in b; all are scored against those of b"
    ]
    assert found.differences.overall["precision"].old == (0.0,)


def test_metrics_of_another_run_are_told() -> None:
    a, b = made("a", [ADA, OSLO]), made("b", [ADA, OSLO_RIGHT])
    strange = replace(a, metrics=b.metrics)
    assert compare_split("test", [strange], [b]).notes == [
        "a: metrics/evaluate.json says 1.000 for the F1 of test, its predictions say 0.667; they are of different "
        "runs, and the predictions are compared"
    ]


@pytest.mark.parametrize("metrics", [{}, {"test": []}, {"test": {"overall": {"f1": None}}}])
def test_metrics_that_are_not_there_are_told(metrics: dict) -> None:
    a = replace(made("a", [ADA, OSLO]), metrics=metrics)
    assert compare_split("test", [a], [made("b", [ADA, OSLO_RIGHT])]).notes == [
        "a: metrics/evaluate.json has no F1 of test; its predictions are compared all the same"
    ]


def test_runs_that_do_not_differ_are_told() -> None:
    runs = [made(name, [ADA, OSLO]) for name in ("a", "b")]
    assert compare_split("test", runs, [made("c", [ADA, OSLO_RIGHT])]).notes == ["test: a and b label every word alike"]


def test_no_sentence_in_common() -> None:
    with pytest.raises(UserError, match="a and b have no sentence of test in common: expected splits that overlap"):
        compare_split("test", [made("a", [ADA])], [made("b", [OSLO])])


@pytest.mark.parametrize(
    ("other", "kind", "told"),
    [
        ("PROPN VERB", "tags", "tags such as PROPN, VERB here, entities such as PER there"),
        ("B-NP B-VP", "spans", "entities such as NP, VP here, entities such as PER there"),
    ],
)
def test_other_tasks(other: str, kind: str, told: str) -> None:
    a, b = made("a", [("0", "Ada lives", other, other)], kind), made("b", [ADA])
    with pytest.raises(
        UserError, match=f"a and b are of different tasks: {told}; expected the same tokenize_align.task"
    ):
        compare_split("test", [a], [b])


def test_gold_without_entities_is_no_other_task() -> None:
    none = ("0", "Ada lives", "O O", "O O")
    assert compare_split("test", [made("a", [none])], [made("b", [ADA])]).differences.overall["f1"].new == (1.0,)


def test_every_split_is_compared_and_the_last_is_the_headline() -> None:
    a, b = made("a", [ADA], validation=[OSLO]), made("b", [ADA], validation=[OSLO_RIGHT])
    comparison = compare([a], [b], ["validation", "test"])
    assert [split.split for split in comparison.splits] == ["validation", "test"]
    assert comparison.headline.difference == 0
    assert comparison.notes == ["test: a and b label every word alike"]


def test_notes_of_runs_come_first_and_once() -> None:
    a = replace(made("a", [ADA], validation=[OSLO]), metrics={}, notes=["a: stale"])
    b = made("b", [("0", "Ada lives", "B-PER O", "O O")], validation=[OSLO_RIGHT])
    assert [note.split(";")[0] for note in compare([a], [b], ["validation", "test"]).notes] == [
        "a: stale",
        "a: metrics/evaluate.json has no F1 of validation",
        "a: metrics/evaluate.json has no F1 of test",
    ]
