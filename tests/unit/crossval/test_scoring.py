"""Scoring of folds: all sentences once, intervals over documents, what is said of the score."""

from helpers.held_out import write_data, write_result
from helpers.tiny import save_encoder, word_piece

from tagline.artifacts import raw_data
from tagline.crossval.crossval_params import Crossval
from tagline.crossval.folds import Folds
from tagline.crossval.runner import Runner
from tagline.crossval.scoring import cross_validate
from tagline.crossval.summary import NAME, compared, notes
from tagline.evaluation.evaluate_params import Evaluate
from tagline.evaluation.measurements import basic
from tagline.report.evaluation_page import render

# Two documents of train: the model of one fold finds the persons, that of the other does not.
TRAIN = [
    *[(f"Ada {number} in Oslo", "B-PER O O B-LOC") for number in range(4)],
    *[(f"Bo {n}", "B-PER O") for n in "abcd"],
]
DOCUMENTS = {"train": ["d0"] * 4 + ["d1"] * 4, "validation": ["d2", "d3", "d4", "d5"]}
VALIDATION = [(f"Cem {number}", "B-PER O") for number in range(4)]


def scored(folder, group="document", **test):
    """Score folds whose trainings are done: that of the first sentence of train is right, the other finds nothing."""
    raw, data, tests = write_data(folder, {"train": TRAIN, "validation": VALIDATION, **test}, DOCUMENTS)
    params = Crossval(folds=2, group=group, seed=1)
    folds = Folds(raw_data.load(raw), data, params)
    for number in (1, 2):
        rows = {}
        for split, index, row in folds.held_out(number):
            gold = " ".join(row["ner"])
            right = gold.replace("NEW", "LOC") if number == folds.of["train"][0] else " ".join("O" for _ in row["ner"])
            rows[f"{split}/{index}"] = (" ".join(row["words"]), gold, right)
        write_result(folder / f"fold-{number}", rows)
    save_encoder(folder / "encoder", word_piece([]))
    return cross_validate(Runner(folder, {}), raw, data, tests, folder / "encoder", params, Evaluate(precision="fp32"))


def test_all_splits_are_scored_together_with_intervals_over_documents(tmp_path):
    evaluation = scored(tmp_path)
    entries = evaluation.metrics[NAME]
    assert [sentence.id for sentence in evaluation.splits[NAME].sentences][7:9] == ["train-7", "validation-0"]
    assert (entries["sentences"], entries["splits"]) == (12, {"train": 8, "validation": 4})
    assert sorted(row["f1"] for row in entries["folds"]) == [0.0, 1.0]
    found = sum(row["number"] for row in entries["folds"] if row["f1"])
    expected = {"number": 16, "precision": 1.0, "recall": round(found / 16, 4), "f1_sd": 0.7071}
    numbers = compared(entries)
    assert {key: numbers[f"cross-validated.{key}"] for key in expected} == expected
    assert entries["words_without_subwords"] == 2
    learnt = sum(row["learnt"] for row in entries["folds"]) / 16
    assert list(notes(entries)) == [
        f"cross-validated: each sentence is labelled by one of 2 models, trained without it on about {learnt:.0%} of "
        "train; models/finetuned and its export are not one of them, but trained on all of train",
        "cross-validated: F1 of the folds from 0.000 to 1.000, standard deviation 0.707; intervals resample documents",
    ]
    page = render(evaluation, [], [], title="Cross-validation", notes=[*notes(entries)])
    assert "<title>Cross-validation of ner</title>" in page and "when documents are resampled" in page
    assert page.index("labelled by one of 2 models") < page.index("<h2"), "it begins with what it is"
    assert 'href="#slices"' not in page


def test_type_that_test_alone_has_is_said(tmp_path):
    evaluation = scored(tmp_path, "sentence", test=[*TRAIN[:1], ("in Oslo", "O B-NEW"), *VALIDATION])
    entries = evaluation.metrics[NAME]
    assert entries["per_type"]["NEW"]["f1"] == 0
    said = "cross-validated: not in train, so that they count as missed: NEW"
    assert list(basic.notes(evaluation.metrics)) == [said]


def test_what_makes_f1_uncertain_is_said(tmp_path):
    entries = scored(tmp_path).metrics[NAME]
    tagger = "the encoder is published as a tagger of these types, and may have learnt these texts"
    for key, value, said in (
        ("left_out", 3, "3 sentences are not scored, since labels of "),
        ("published_tagger", True, tagger),
    ):
        assert not entries[key]
        assert f"cross-validated: {said}" in [*notes(entries | {key: value})][-1]
