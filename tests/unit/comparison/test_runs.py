"""Common sentences of runs, the gold labels they are scored with, and notes on how runs differ."""

from dataclasses import replace

import pytest
from helpers.messages import message_of
from helpers.runs import run_of, split_of

from tagline.comparison.runs import join
from tagline.comparison.splits import check_f1, compare, compare_split

ADA = ("0", "Ada lives", "B-PER O", "B-PER O")
OSLO = ("1", "in Oslo", "O B-LOC", "O O")
OSLO_RIGHT = ("1", "in Oslo", "O B-LOC", "O B-LOC")
JOINED = [
    # A sentence is inserted, which renumbers the others.
    (["0 Ada lives, 1 in Oslo", "0 a new one, 1 Ada lives, 2 in Oslo"], [[0, 1], [1, 2]]),
    # Among equal words, the same id is matched first.
    (["0 Ada, 1 Ada, 2 Ada", "2 Ada, 7 Ada"], [[2, 0], [0, 1]]),
    (["0 Ada, 1 in, 2 no", "1 in, 2 no", "2 no, 1 in, 0 Ada"], [[2, 1], [1, 0], [0, 1]]),
    (["0 Ada lives", "1 in Oslo"], []),
]


@pytest.mark.parametrize("runs, expected", JOINED)
def test_sentences_with_the_same_words_are_joined(runs, expected):
    rows = [[each.partition(" ") for each in run.split(", ")] for run in runs]
    splits = [split_of([(name, *[text] * 3) for name, _, text in run]) for run in rows]
    joined = zip(splits, join(splits), strict=False)
    assert [[split.index(sentence) for sentence in common] for split, common in joined] == expected


def test_only_common_sentences_are_scored():
    other = ("9", "more words", "O O", "B-LOC B-LOC")
    compared = compare_split("test", [run_of("a", [ADA, OSLO])], [run_of("b", [other, OSLO_RIGHT, other])])
    assert compared.notes == ["test: the 1 common sentence is compared, without 1 of a, 2 of b"]
    f1 = compared.overall["f1"]
    assert (f1.old, f1.new, compared.sentences) == ((0.0,), (1.0,), 1)
    message = "a and b: no common sentence in test; expected splits that overlap"
    assert message_of(compare_split, "test", [run_of("a", [ADA])], [run_of("b", [OSLO])]) == message
    # Gold without entities may be of the same task.
    none = run_of("a", [("0", "Ada lives", "O O", "O O")])
    assert compare_split("test", [none], [run_of("b", [ADA])]).overall["f1"].new == (1.0,)


def test_gold_of_the_last_run_counts():
    relabelled = ("0", "Ada lives", "O O", "O O")
    compared = compare_split("test", [run_of("a", [ADA, OSLO])], [run_of("b", [relabelled, OSLO_RIGHT])])
    note = "test: 1 sentence has other gold labels in a than in b; all runs are scored against those of b"
    assert compared.notes == ["test: types differ: PER only in a", note]
    assert compared.overall["precision"].old == (0.0,)


OTHER_TASKS = [("PROPN VERB", "tags", "PROPN, VERB"), ("B-NP B-VP", "spans", "NP, VP")]


@pytest.mark.parametrize("other, kind, types", OTHER_TASKS)
def test_different_tasks_are_an_error(other, kind, types):
    a, b = run_of("a", [("0", "Ada lives", other, other)], kind), run_of("b", [ADA])
    message = message_of(compare_split, "test", [a], [b])
    assert message.startswith(f"a and b: different tasks (labels such as {types}, and such as PER); expected the same")


def test_last_split_is_the_headline_and_notes_of_runs_come_first():
    others = {"tests.a": [OSLO], "validation": [OSLO]}
    a = replace(run_of("a", [ADA], **others), notes=["a: outdated"])
    comparison = compare([a], [run_of("b", [ADA], **others | {"validation": [OSLO_RIGHT]})])
    assert [split.split for split in comparison.splits] == ["validation", "tests.a", "test"]
    assert comparison.headline.difference == 0
    same = [f"{split}: a and b have the same predictions" for split in ("tests.a", "test")]
    assert comparison.notes == ["a: outdated", *same]


def test_split_that_only_some_runs_have_is_noted_and_fails_a_check():
    a, b = run_of("a", [ADA], **{"tests.a": [OSLO], "tests.a.altered.typos": [OSLO]}), run_of("b", [ADA])
    comparison, note = compare([a], [b]), "tests.a: not compared, since b has none"
    assert comparison.notes[0] == note
    message = f"--fail-below: {note}; expected the same splits, or --split"
    assert message_of(check_f1, comparison, -0.5) == message
    only = replace(a, splits={"validation": a.splits["tests.a"]})
    expected = "test: not compared, since a has none; expected runs with a split in common"
    assert message_of(compare, [only], [b]).endswith(expected)
