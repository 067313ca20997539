"""Comparing one split: over which sentences, with which gold labels, and with which notes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from helpers.runs import run_of

from tagline.core.errors import UserError
from tagline.labels.label_list import Kind
from tagline.tools.comparison.splits import compare, compare_split

ADA = ("0", "Ada lives", "B-PER O", "B-PER O")
OSLO = ("1", "in Oslo", "O B-LOC", "O O")
OSLO_RIGHT = ("1", "in Oslo", "O B-LOC", "O B-LOC")


def test_two_complete_runs_need_no_notes() -> None:
    found = compare_split("test", [run_of("a", [ADA, OSLO])], [run_of("b", [ADA, OSLO_RIGHT])])
    f1 = found.differences.overall["f1"]
    assert (f1.old, f1.new) == (pytest.approx((2 / 3,)), (1.0,))
    assert [change.entity.type for change in found.changes] == ["LOC"]
    assert found.notes == []


def test_common_sentences_only() -> None:
    other = ("9", "more words", "O O", "B-LOC B-LOC")
    found = compare_split("test", [run_of("a", [ADA, OSLO])], [run_of("b", [other, OSLO_RIGHT, other])])
    assert found.notes == ["test: the 1 common sentence is compared, without 1 of a, 2 of b"]
    f1 = found.differences.overall["f1"]
    assert (f1.old, f1.new) == ((0.0,), (1.0,))
    assert [sentence.id for sentence in found.sentences] == ["1"]


def test_all_runs_are_scored_against_the_gold_labels_of_the_last_one() -> None:
    relabelled = ("0", "Ada lives", "O O", "O O")
    found = compare_split("test", [run_of("a", [ADA, OSLO])], [run_of("b", [relabelled, OSLO_RIGHT])])
    assert found.notes == [
        "test: 1 sentence has other gold labels in a than in b; all runs are scored against those of b"
    ]
    assert found.differences.overall["precision"].old == (0.0,)


def test_a_note_on_metrics_of_another_run() -> None:
    a, b = run_of("a", [ADA, OSLO]), run_of("b", [ADA, OSLO_RIGHT])
    strange = replace(a, metrics=b.metrics)
    assert compare_split("test", [strange], [b]).notes == [
        "a: F1 of test is 1.000 in metrics/evaluate.json, but 0.667 for the predictions, so they are of different "
        "runs; the predictions are compared"
    ]


@pytest.mark.parametrize("metrics", [{}, {"test.f1": []}, {"test.f1": None}])
def test_a_note_on_missing_metrics(metrics: dict) -> None:
    a = replace(run_of("a", [ADA, OSLO]), metrics=metrics)
    assert compare_split("test", [a], [run_of("b", [ADA, OSLO_RIGHT])]).notes == [
        "a: metrics/evaluate.json has no F1 of test; the predictions are compared"
    ]


def test_a_note_on_runs_with_the_same_predictions() -> None:
    runs = [run_of(name, [ADA, OSLO]) for name in ("a", "b")]
    assert compare_split("test", runs, [run_of("c", [ADA, OSLO_RIGHT])]).notes == [
        "test: a and b have the same predictions"
    ]


def test_no_common_sentence() -> None:
    with pytest.raises(UserError, match="a and b: no common sentence in test; expected splits that overlap"):
        compare_split("test", [run_of("a", [ADA])], [run_of("b", [OSLO])])


@pytest.mark.parametrize(
    ("other", "kind", "tasks"),
    [
        ("PROPN VERB", "tags", "tags such as PROPN, VERB; entities such as PER"),
        ("B-NP B-VP", "spans", "entities such as NP, VP; entities such as PER"),
    ],
)
def test_different_tasks(other: str, kind: Kind, tasks: str) -> None:
    a, b = run_of("a", [("0", "Ada lives", other, other)], kind), run_of("b", [ADA])
    with pytest.raises(UserError) as raised:
        compare_split("test", [a], [b])
    assert str(raised.value) == f"a and b: different tasks ({tasks}); expected the same tokenize_align.task"


def test_gold_without_entities_is_not_another_task() -> None:
    none = ("0", "Ada lives", "O O", "O O")
    assert compare_split("test", [run_of("a", [none])], [run_of("b", [ADA])]).differences.overall["f1"].new == (1.0,)


def test_every_split_is_compared_and_the_last_is_the_headline() -> None:
    a, b = run_of("a", [ADA], validation=[OSLO]), run_of("b", [ADA], validation=[OSLO_RIGHT])
    comparison = compare([a], [b], ["validation", "test"])
    assert [split.split for split in comparison.splits] == ["validation", "test"]
    assert comparison.headline.difference == 0
    assert comparison.notes == ["test: a and b have the same predictions"]


def test_notes_of_runs_come_first_and_once() -> None:
    a = replace(run_of("a", [ADA], validation=[OSLO]), metrics={}, notes=["a: stale"])
    b = run_of("b", [("0", "Ada lives", "B-PER O", "O O")], validation=[OSLO_RIGHT])
    assert [note.split(";")[0] for note in compare([a], [b], ["validation", "test"]).notes] == [
        "a: stale",
        "a: metrics/evaluate.json has no F1 of validation",
        "a: metrics/evaluate.json has no F1 of test",
    ]
