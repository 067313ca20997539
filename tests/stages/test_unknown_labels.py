"""Words of unknown label through all stages: learnt from in train, their sentences left out elsewhere, and counted."""

import shutil
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from helpers.project import STAGES, error_of, json_of, run_stage, run_stages
from helpers.tiny import PEOPLE, TINY_PARAMS, raw_rows, set_params, training_results

from tagline.artifacts import tokenized
from tagline.core.names import SPLITS
from tagline.evaluation.score_table import score_notes

DATASET = TINY_PARAMS["download"]["dataset"]
PEOPLE_ONLY = {"people.conll": ["PER"]}


def change(annotated=PEOPLE_ONLY, unknown_tag="-", **train):
    """Hide each first name and the tag after it in train and validation; a further test set has no places."""
    for path in Path("data/tiny").glob("*.conll"):
        text = path.read_text(encoding="utf-8")
        if path.stem == "test":
            path.with_name("people.conll").write_text(text.replace("B-LOC", "O"), encoding="utf-8")
        elif path.stem != "people":
            old, new = "PROPN I-PER\nlives VERB O", "PROPN -\nlives VERB -"
            path.write_text(text.replace(old, new, 9 if path.stem == "train" else 2), encoding="utf-8")
    dataset = DATASET | {"unknown_tag": unknown_tag, "annotated_types": annotated, "tests": {"people": "people.conll"}}
    set_params(download={"dataset": dataset}, train={"epochs": 2, **train}, export={"onnx": False, "int8": False})


@pytest.mark.parametrize("head", ["linear", "crf"])
def test_sentences_with_a_word_of_unknown_label_are_learnt_from_and_not_scored(workspace, head):
    """Two of six sentences of validation have one; a further test set is annotated for people alone."""
    change(head=head)
    run_stages(*STAGES)
    data = json_of("reports/data.json")
    assert {split: data[split]["unknown_labels"] for split in SPLITS} == {"train": 18, "validation": 0, "test": 0}
    left_out = {split: data[split]["incomplete_sentences"] for split in SPLITS}
    assert left_out == {"train": 0, "validation": 2, "test": 0}
    report = json_of("reports/evaluate.json")
    assert (data["validation"]["sentences"], report["validation"]["sentences"]) == (4, 4)
    people = report["tests.people"]
    assert (people["words"], people["overall"]["number"]) == (55, 9)
    assert people["per_type"].keys() == {"PER"}, "a predicted place is O"
    assert people["types"] == {"shared": ["PER"], "foreign": [], "lacking": ["LOC"]}
    table = pq.read_table("data/predictions/tests.people.parquet").to_pylist()
    assert {label for row in table for label in row["predicted"]} <= {"O", "B-PER", "I-PER"}
    card = " ".join(Path("models/export/README.md").read_text(encoding="utf-8").split())
    assert "tests.people: scored on PER alone; it is not annotated for LOC, or has none" in score_notes(report)
    assert r"validation: sentences with a word of unknown label, which are not scored\: 2" in card


def test_type_that_a_further_test_set_is_annotated_for_and_does_not_have_counts(finished):
    """Its one sentence has no place; with the annotated types, a place that the model finds is wrong."""
    people = Path("data/tiny/people.conll")
    text = Path("data/tiny/test.conll").read_text(encoding="utf-8")
    people.write_text(text.replace("B-LOC", "O"), encoding="utf-8")
    precision = []
    for annotated in ({}, {"people.conll": ["PER", "LOC"]}):
        dataset = DATASET | {"annotated_types": annotated, "tests": {"people": "people.conll"}}
        set_params(download={"dataset": dataset})
        run_stages("download", "tokenize_align", "evaluate")
        precision.append(json_of("reports/evaluate.json")["tests.people"]["overall"]["precision"])
    assert precision[0] == 1 > precision[1]


def annotated_in_part(validation):
    """A second file of train and, if asked for, validation are annotated for people alone."""
    tiny = Path("data/tiny")
    text = (tiny / "train.conll").read_text(encoding="utf-8")
    (tiny / "train2.conll").write_text(text.replace("B-LOC", "O").replace(" . ", " ! "), encoding="utf-8")
    annotated = {"train2.conll": ["PER"]} | validation
    return DATASET | {"train": "train*.conll", "annotated_types": annotated}


def test_validation_annotated_in_part_is_an_error_that_names_it(workspace):
    set_params(download={"dataset": annotated_in_part({"validation.conll": ["PER"]})})
    run_stage("download")
    message = "data/raw: no sentence of validation is annotated in full in the column ner: each has a word of unknown"
    assert message in error_of("tokenize_align")


def test_drawn_validation_has_only_sentences_that_are_annotated_in_full(workspace):
    dataset = annotated_in_part({}) | {"validation": None, "split": {"seed": 3, "validation": 0.4}}
    set_params(download={"dataset": dataset})
    run_stages("download", "tokenize_align", "train", "evaluate")
    data = json_of("reports/data.json")["validation"]
    assert data["incomplete_sentences"] > 0 and data["unknown_labels"] == 0
    assert len(tokenized.load_split(Path("data/tokenized"), "validation").sentences) == data["sentences"]


def test_fold_holds_out_only_sentences_that_are_annotated_in_full(workspace):
    train = Path("data/tiny/train.conll")
    text = train.read_text(encoding="utf-8")
    train.write_text(text.replace("lives VERB O", "lives VERB -", 1), encoding="utf-8")
    set_params(download={"dataset": DATASET | {"unknown_tag": "-"}})
    run_stages("download", "tokenize_align")
    Path("crossval").mkdir()
    Path("crossval/params.yaml").write_text("crossval: {folds: 2, group: document, seed: 1}\n", encoding="utf-8")
    run_stage("crossval")
    scores = json_of("reports/crossval.json")["cross-validated"]
    assert scores["left_out"] == 1 and scores["splits"]["train"] == len(raw_rows("train")) - 1


def test_train_that_is_annotated_in_part_has_sets_of_labels(workspace):
    change({"train.conll": ["PER"]})
    train = Path("data/tiny/train.conll")
    train.write_text(train.read_text(encoding="utf-8").replace("B-LOC", "O"), encoding="utf-8")
    run_stages("download", "tokenize_align")
    labels = tokenized.load_labels(Path("data/tokenized"))
    assert labels.sets == ((), ("O", "B-LOC", "I-LOC"), ("O", "I-LOC"))
    window = tokenized.load_split(Path("data/tokenized"), "train").windows[0]
    lives = [label for label, word in zip(window["labels"], window["word_ids"], strict=True) if word == 3]
    first, later = len(labels.names) + 1, len(labels.names) + 2
    assert lives == [first, *[later] * (len(lives) - 1)], "later sub-words cannot begin an entity"


def test_unlabelled_texts_are_learnt_from_a_teacher_only(finished, capfd):
    shutil.copytree("models/finetuned", "data/kept/old")
    labelled = len(raw_rows("train"))
    pool = [f"{person} lives in Rome. Bo lives in Bern." for person in PEOPLE]
    Path("data/tiny/pool.txt").write_text("\n\n".join(pool), encoding="utf-8")
    least, weights = list[float](), []
    for models in ([], ["old"]):
        teacher = {"models": models, "weight": 1.0, "temperature": 1.0}
        train = {"epochs": 2, "folder": "data/kept", "teacher": teacher}
        set_params(download={"dataset": DATASET | {"unlabelled": "pool*.txt"}}, train=train)
        run_stages("download", "tokenize_align", "train")
        least.append(pd.read_csv("plots/train_loss.csv")["loss"].to_numpy().min())  # NaN if one is
        weights.append(training_results()[2]["classifier.weight"])
        shown = "train: 12 of 29 windows have no known label; only train.teacher learns from them"
        assert (shown in capfd.readouterr().out) == (not models)
    rows = raw_rows("train")[labelled:]
    assert (rows[1]["words"], rows[1]["ner"]) == (["Bo", "lives", "in", "Bern", "."], [None] * 5)
    assert [row["id"] for row in rows[1:3]] == ["pool.txt:1-2", "pool.txt:3-1"]
    assert rows[0]["document"] == rows[1]["document"] == rows[2]["document"] - 1
    assert least[0] == 0 < least[1], "a batch of nothing but the pool"
    assert abs(weights[1] - weights[0]).max() > 1e-3, "the student learns from its teacher"


UNREADABLE = [
    (None, "pool.txt", "pool.txt: no such file; see download.dataset.unlabelled in params.yaml"),
    (b" \n", "pool.txt", "no words; expected one text per line; see"),
    (b"a\nb\xe9", "pool.txt", ":2: "),
    (b"", "t*.conll", "train.conll: a file of train, not of texts without labels; see download.dataset.unl"),
]


@pytest.mark.parametrize(("content", "pattern", "message"), UNREADABLE)
def test_unlabelled_texts_that_cannot_be_read_are_an_error(workspace, content, pattern, message):
    if content is not None:
        Path("data/tiny/pool.txt").write_bytes(content)
    set_params(download={"dataset": DATASET | {"unlabelled": pattern}})
    assert message in error_of("download")
    assert not Path("data/raw").exists()


def test_data_without_the_known_labels_of_a_stage_are_an_error(workspace):
    change()
    test, train = Path("data/tiny/test.conll"), Path("data/tiny/train.conll")
    text = test.read_text(encoding="utf-8")
    test.write_text(text.replace("PROPN B-PER", "PROPN -"), encoding="utf-8")
    run_stage("download")
    assert "data/raw: no sentence of test is annotated in full in the column ner: each has " in error_of(
        "tokenize_align"
    )
    test.write_text(text, encoding="utf-8")
    change({"train.conll": ["LOC"]})
    run_stage("download")
    message = "train-0, word 0 (Ada): B-PER in a file of which only LOC are annotated; see download.dataset.annotated"
    assert message in error_of("tokenize_align")
    change({"train.conll": ["PER", "LOC"]})
    train.write_text(train.read_text(encoding="utf-8").replace(" O\n", " -\n"), encoding="utf-8")
    run_stages("download", "tokenize_align")
    assert "train: data/tokenized: no word of train is known to be O; expected some, or" in error_of("train")
