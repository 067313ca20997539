"""Score table: one row per type and an overall row per split."""

from pathlib import Path

import pytest
from helpers.evaluations import metrics_of
from helpers.messages import message_of
from helpers.tagged import sentences

from tagline.core import write_json
from tagline.evaluation.score_table import read_scores, score_notes
from tagline.evaluation.scored_split import ScoredSplit

TAGGED = sentences(["B-PER O", "B-\x1bLOC"], ["B-PER O", "O"])
METRICS = {"test": metrics_of(ScoredSplit("spans", TAGGED, 0, altered={"typos": TAGGED}))}


def test_table_has_a_row_per_type_and_an_overall_row_and_further_test_sets_are_one(tmp_path):
    types = {"shared": ["PER"], "foreign": ["\x1b"], "lacking": ["LOC", "ORG"]}
    further = METRICS["test"] | {"altered": {}}
    metrics = {"tests.a": further, "tests.b": further | {"types": types}, **METRICS}
    write_json(tmp_path / "evaluate.json", metrics)
    content, tables, notes = read_scores(tmp_path / "evaluate.json")
    assert content == metrics
    assert "\n\n".join([*tables, *notes]) == Path(__file__).with_name("scores.txt").read_text("utf-8")


def notes(split, entities, sentences_=100, **entries):
    """What is noted of a split of equal sentences, which are all right."""
    gold = [["B-PER"] * (entities // sentences_)] * sentences_
    return score_notes({split: metrics_of(ScoredSplit("spans", sentences(gold, gold), 0)) | entries})


def test_what_makes_scores_uncertain_is_noted():
    assert (
        "test: F1 1.000 is of 57 entities; with fewer than about 100, it shows little; `" in notes("test", 57, 57)[-1]
    )
    assert notes("validation", 57, 57)[-1].endswith("which chose the epoch, so they are too high")
    assert not [note for note in notes("test", 100) if "fewer" in note]
    # Two long texts have enough entities, but three resamples.
    few = "test: intervals are of 2 sentences; with fewer than 30, of whatever length, they are too narrow"
    assert notes("test", 220, 2)[-1] == few
    assert not notes("test", 100, sentences_in_train=10)[1:]
    said = "test: 11 of 100 sentences are also in train; F1 of the others is 1.000"
    assert notes("test", 100, sentences_in_train=11)[-1] == said
    only_in_train = notes("test", 100, sentences_in_train=100, slices={"text": {}})
    assert only_in_train[-1].endswith("the others have no entities")


@pytest.mark.parametrize("content", [{"test": {}}, {"test": None}, {"test": {"overall": 1, "per_type": {}}}])
def test_scores_of_another_version_are_an_error(tmp_path, content):
    write_json(tmp_path / "evaluate.json", content)
    message = message_of(read_scores, tmp_path / "evaluate.json")
    assert "json: damaged " in message and "; expected scores as this version writes them; run" in message
