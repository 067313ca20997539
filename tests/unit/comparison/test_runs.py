"""Reading a run; common sentences of runs, the gold labels they are scored with, and notes on how runs differ."""

from dataclasses import replace
from io import BytesIO

import pandas as pd
import pytest
from helpers.messages import message_of
from helpers.runs import run_of, split_of

from tagline.comparison.program import gate
from tagline.comparison.runs import join, make_run
from tagline.comparison.splits import compare, compare_split
from tagline.labels.tagged import TaggedSentence
from tagline.terminal.errors import UserError

ADA = ("0", "Ada lives", "B-PER O", "B-PER O")
OSLO = ("1", "in Oslo", "O B-LOC", "O O")
OSLO_RIGHT = ("1", "in Oslo", "O B-LOC", "O B-LOC")
A, B, C = ("0", "Ada lives"), ("1", "in Oslo"), ("2", "no more")


def rows(*sentences: tuple[str, str]):
    """Build sentences from (id, words)."""
    return split_of([(name, text, text, text) for name, text in sentences])


def joined(*runs: list[TaggedSentence]):
    """Join runs and return the indices of the common sentences in each."""
    indices = [{id(sentence): index for index, sentence in enumerate(run)} for run in runs]
    return [[of_run[id(sentence)] for sentence in run] for of_run, run in zip(indices, join(runs), strict=True)]


JOINED = [
    # A sentence is inserted, which renumbers the others.
    ([[A, B], [("0", "a new one"), ("1", "Ada lives"), ("2", "in Oslo")]], [[0, 1], [1, 2]]),
    # Among equal words, the same id is matched first.
    ([[("0", "Ada"), ("1", "Ada"), ("2", "Ada")], [("2", "Ada"), ("7", "Ada")]], [[2, 0], [0, 1]]),
    ([[A, B, C], [B, C], [C, B, A]], [[2, 1], [1, 0], [0, 1]]),
]


@pytest.mark.parametrize(("runs", "expected"), JOINED)
def test_sentences_with_the_same_words_are_joined(runs, expected):
    assert joined(*(rows(*run) for run in runs)) == expected


def test_only_common_sentences_are_scored():
    other = ("9", "more words", "O O", "B-LOC B-LOC")
    found = compare_split("test", [run_of("a", [ADA, OSLO])], [run_of("b", [other, OSLO_RIGHT, other])])
    assert found.notes == ["test: the 1 common sentence is compared, without 1 of a, 2 of b"]
    f1 = found.overall["f1"]
    assert (f1.old, f1.new, [sentence.id for sentence in found.sentences]) == ((0.0,), (1.0,), ["1"])
    message = "a and b: no common sentence in test; expected splits that overlap"
    assert message_of(compare_split, "test", [run_of("a", [ADA])], [run_of("b", [OSLO])]) == message


def test_gold_of_the_last_run_counts():
    relabelled = ("0", "Ada lives", "O O", "O O")
    found = compare_split("test", [run_of("a", [ADA, OSLO])], [run_of("b", [relabelled, OSLO_RIGHT])])
    note = "test: 1 sentence has other gold labels in a than in b; all runs are scored against those of b"
    assert found.notes == ["test: types differ: PER only in a", note]
    assert found.overall["precision"].old == (0.0,)


def test_further_set_that_a_run_lacks_is_named():
    with_social = run_of("b", [ADA], **{"tests.social": [OSLO], "tests.social.altered.typos": [OSLO]})
    found = compare([run_of("a", [ADA])], [with_social], ["test"])
    assert "tests.social: not compared, since a has none" in found.notes
    gate(found, 0, False)


METRICS = [
    ({"test.f1": 0.666667}, None),
    ({"test.f1": 1.0}, "a: F1 of test is 1.000 in metrics/evaluate.json, but 0.667 for the predictions, so they"),
    ({}, "a: metrics/evaluate.json has no F1 of test; the predictions are compared"),
]


@pytest.mark.parametrize(("metrics", "note"), METRICS)
def test_metrics_that_do_not_belong_to_the_predictions_are_noted(metrics, note):
    a = replace(run_of("a", [ADA, OSLO]), metrics=metrics)
    notes = compare_split("test", [a], [run_of("b", [ADA, OSLO_RIGHT])]).notes
    assert notes == [] if note is None else notes[0].startswith(note)


OTHER_TASKS = [
    ("PROPN VERB", "tags", "tags such as PROPN, VERB; entities such as PER"),
    ("B-NP B-VP", "spans", "entities such as NP, VP; entities such as PER"),
]


@pytest.mark.parametrize(("other", "kind", "tasks"), OTHER_TASKS)
def test_different_tasks_are_an_error(other, kind, tasks):
    a, b = run_of("a", [("0", "Ada lives", other, other)], kind), run_of("b", [ADA])
    message = f"a and b: different tasks ({tasks}); expected the same tokenize_align.tag_column"
    assert message_of(compare_split, "test", [a], [b]) == message
    none = run_of("a", [("0", "Ada lives", "O O", "O O")])  # gold without entities may be of the same task
    assert compare_split("test", [none], [b]).overall["f1"].new == (1.0,)


def test_last_split_is_the_headline_and_notes_of_runs_come_first():
    a = replace(run_of("a", [ADA], validation=[OSLO]), notes=["a: outdated"])
    comparison = compare([a], [run_of("b", [ADA], validation=[OSLO_RIGHT])], ["validation", "test"])
    assert [split.split for split in comparison.splits] == ["validation", "test"]
    assert comparison.headline.difference == 0
    assert comparison.notes == ["a: outdated", "test: a and b have the same predictions"]


def test_further_test_sets_that_all_runs_have_come_before_the_last_split():
    both = {"tests.a": [OSLO], "validation": [OSLO]}
    runs = [run_of("a", [ADA], **both), run_of("b", [ADA], **both, **{"tests.b": [OSLO]})]
    comparison = compare(runs[:1], runs[1:], ["validation", "test"])
    assert [split.split for split in comparison.splits] == ["validation", "tests.a", "test"]
    assert [split.split for split in compare(runs[:1], runs[1:], ["tests.a"]).splits] == ["tests.a"]


def test_a_split_that_only_some_runs_have_is_noted():
    a, b = run_of("a", [ADA], validation=[OSLO]), run_of("b", [ADA])
    comparison = compare([a], [b], ["validation", "test"])
    assert comparison.notes[0] == "validation: not compared, since b has none"
    message = "--fail-below: validation: not compared, since b has none; expected the same splits, or --split"
    assert message_of(gate, comparison, -0.5, False) == message


ROW = {"id": ["0"], "words": [["Ada", "lives"]], "gold": [["B-PER", "O"]], "predicted": [["O", "O"]]}
GOOD = ROW | {"score": [[1.0, 1.0]]}


def read(columns: dict[str, list] = GOOD, metrics: bytes | None = None, kind: str = '{"kind": "spans"}'):
    buffer = BytesIO()
    pd.DataFrame(columns).to_parquet(buffer, index=False)
    files = {"test.parquet": buffer.getvalue(), "provenance.json": f'{{"labels": {kind}}}'.encode()}
    tracked = {f"data/predictions/{name}": content for name, content in files.items()}
    committed = {"metrics/evaluate.json": metrics, "params.yaml": b"train:\n"}
    return make_run("main", "0123456789", tracked.__getitem__, committed.__getitem__, ["test"])


def test_run_has_metrics_and_a_title():
    run = read(metrics=b'{"test.f1": 0}')
    assert (run.metrics, run.kind, run.title) == ({"test.f1": 0}, "spans", "main (0123456)")
    assert replace(run, name="01234").title == "01234", "the hash once"


def test_damaged_files_are_errors_with_the_name_of_the_run():
    with pytest.raises(UserError, match=r'^main: data/predictions/test.parquet: damaged .*"score".* expected a table'):
        read(ROW)
    with pytest.raises(UserError, match=r"^main: metrics/evaluate.json: damaged.+; run `dvc repro evaluate` again"):
        read(metrics=b"[]")
