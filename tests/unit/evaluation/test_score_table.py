"""Score table: one row per type and an overall row per split."""

import pytest
from helpers.evaluations import metrics_of
from helpers.messages import message_of
from helpers.tagged import sentences

from tagline.core import write_json
from tagline.evaluation.score_table import read_scores, score_notes, score_table
from tagline.evaluation.scored_split import ScoredSplit

TAGGED = sentences(["B-PER O", "B-\x1bLOC"], ["B-PER O", "O"])
METRICS = {"test": metrics_of(ScoredSplit("spans", TAGGED, 0, altered={"typos": TAGGED}))}


def test_file_is_a_row_per_type_and_an_overall_row(tmp_path):
    write_json(tmp_path / "evaluate.json", METRICS)
    content, [table], [of_forms, no_forms, few] = read_scores(tmp_path / "evaluate.json")
    assert content == METRICS
    interval = METRICS["test"]["intervals"]["overall"]["f1"]
    header, _, *rows, overall = [" ".join(row.split()) for row in table.splitlines()]
    assert header == "test precision recall F1 95 % interval entities"
    assert [row.split()[0] for row in rows] == [r"\x1bLOC", "PER"]
    assert overall == "overall 1.000 0.500 0.667 {low:.3f}-{high:.3f} 2".format(**interval)
    assert of_forms == "robustness of test, F1 in altered forms: typos 0.667 ({low:.3f}-{high:.3f})".format(**interval)
    assert no_forms == "test: not scored in lowercase, uppercase, titlecase: no word changes"
    assert few == "test: F1 0.667 is of 2 entities; with fewer than 30, it is mostly noise"


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


def test_further_test_sets_are_rows_of_one_table():
    types = {"shared": ["PER"], "foreign": ["\x1b"], "lacking": ["LOC", "ORG"]}
    entries = METRICS["test"] | {"altered": {}}
    text = score_table({"tests.a": entries, "tests.b": entries | {"types": types}} | METRICS)
    rows = [line.split()[:4] for line in text.partition("further test sets")[2].splitlines()[2:4]]
    assert rows == [[name, "1.000", "0.500", "0.667"] for name in ("tests.a", "tests.b")]
    assert "tests.b: not in train, so that they count as missed: \\x1b" in text
    assert "tests.b: left out, since it does not have them: LOC, ORG" in text


@pytest.mark.parametrize("content", [{"test": {}}, {"test": None}, {"test": {"overall": 1, "per_type": {}}}])
def test_scores_of_another_version_are_an_error(tmp_path, content):
    write_json(tmp_path / "evaluate.json", content)
    message = message_of(read_scores, tmp_path / "evaluate.json")
    assert "json: damaged " in message and "; expected scores as this version writes them; run" in message
