"""Score table: one row per type and an overall row per split."""

import pytest
from helpers.evaluations import metrics_of
from helpers.tagged import sentences

from tagline.core.outputs import write_json
from tagline.evaluation.score_table import read_scores, score_notes, score_table
from tagline.evaluation.scored_split import ScoredSplit
from tagline.terminal.errors import UserError
from tagline.terminal.printing import WIDTH

TAGGED = sentences(["B-PER O", "B-\x1bLOC"], ["B-PER O", "O"])
METRICS = {"test": metrics_of(ScoredSplit("spans", TAGGED, 0, altered={"typos": TAGGED}))}


def test_file_is_a_row_per_type_and_an_overall_row(tmp_path):
    write_json(tmp_path / "evaluate.json", METRICS)
    content, [table], [of_forms, no_forms, few] = read_scores(tmp_path / "evaluate.json")
    assert content == METRICS
    header, _, *rows = table.splitlines()
    assert header.split() == "test precision recall F1 95 % interval entities".split()
    interval = METRICS["test"]["intervals"]["overall"]["f1"]
    assert [row.split()[0] for row in rows] == [r"\x1bLOC", "PER", "overall"]
    assert rows[2].split()[1:] == ["1.000", "0.500", "0.667", "{low:.3f}-{high:.3f}".format(**interval), "2"]
    assert of_forms == "robustness of test, F1 in altered forms: typos 0.667 ({low:.3f}-{high:.3f})".format(**interval)
    assert no_forms == "test: not scored in lowercase, uppercase, titlecase: no word changes"
    assert few == "test: F1 0.667 is of 2 entities; with fewer than 30, it is mostly noise"


def test_scores_of_few_entities_and_of_the_chosen_epoch_are_noted():
    def notes(split, number):
        return score_notes({split: metrics_of(ScoredSplit("spans", sentences(*[["B-PER"] * number] * 2), 0))})

    assert "test: F1 1.000 is of 57 entities; with fewer than about 100, it shows little; `" in notes("test", 57)[-1]
    assert notes("validation", 57)[-1].endswith("which chose the epoch, so they are too high")
    assert not [note for note in notes("test", 100) if "fewer" in note]


def test_scores_of_few_texts_and_of_sentences_of_train_are_noted():
    """Two long texts have enough entities, but three resamples; ten of the other sentences are in train."""
    texts = ScoredSplit("spans", sentences([["B-PER"] * 110] * 2, [["B-PER"] * 110] * 2), 0)
    expected = "test: intervals are of 2 sentences; with fewer than 30, of whatever length, they are too narrow"
    assert score_notes({"test": metrics_of(texts)})[-1] == expected
    entries = metrics_of(ScoredSplit("spans", sentences(*[["B-PER"] * 100] * 2), 0))
    assert not score_notes({"test": entries | {"sentences_in_train": 10}})[1:]
    said = score_notes({"test": entries | {"sentences_in_train": 11}})[-1]
    assert said == "test: 11 of 100 sentences are also in train; F1 of the others is 1.000"
    entries["slices"] = {"text": {}}
    assert score_notes({"test": entries | {"sentences_in_train": 100}})[-1].endswith("the others have no entities")


def test_further_test_sets_are_rows_of_one_table():
    types = {"shared": ["PER"], "foreign": ["\x1b"], "lacking": ["LOC", "ORG"]}
    further = {"tests.a": METRICS["test"], "tests.b": METRICS["test"] | {"types": types}}
    text = score_table({name: {**entries, "altered": {}} for name, entries in further.items()} | METRICS)
    rows = [line.split() for line in text.partition("further test sets")[2].splitlines()[2:4]]
    assert [row[:4] for row in rows] == [[name, "1.000", "0.500", "0.667"] for name in further]
    assert "tests.b: not in train, so that they count as missed: \\x1b" in text
    assert "tests.b: left out, since it does not have them: LOC, ORG" in text


def test_no_line_is_longer_than_a_terminal_is_wide():
    tagged = sentences(["B-" + "x" * 50, "B-B O"], ["O", "B-B O"])
    altered = dict.fromkeys(("lowercase", "uppercase", "titlecase", "typos"), tagged)
    scores = metrics_of(ScoredSplit("spans", tagged, 0, altered=altered))
    table = score_table({"validation": scores, "test": scores})
    assert max(map(len, table.splitlines())) == WIDTH


@pytest.mark.parametrize("content", [{"test": {}}, {"test": None}, {"test": {"overall": 1, "per_type": {}}}])
def test_scores_of_another_version_are_an_error(tmp_path, content):
    write_json(tmp_path / "evaluate.json", content)
    with pytest.raises(UserError, match=r"json: damaged .+; expected scores as this version writes them; run"):
        read_scores(tmp_path / "evaluate.json")
