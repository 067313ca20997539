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

ANNOTATED = {"te*.conll": ["PER"]}
DATASET = TINY_PARAMS["download"]["dataset"]


def change(annotated=ANNOTATED, unknown_tag="-", **train):
    """Hide each first name and the tag after it in train and validation, and the places in test."""
    for path in Path("data/tiny").glob("*.conll"):
        text = path.read_text(encoding="utf-8")
        if path.stem == "test":
            path.write_text(text.replace("B-LOC", "O"), encoding="utf-8")
        else:
            old, new = "PROPN I-PER\nlives VERB O", "PROPN -\nlives VERB -"
            path.write_text(text.replace(old, new, 9 if path.stem == "train" else 2), encoding="utf-8")
    download = {"dataset": DATASET | {"unknown_tag": unknown_tag, "annotated_types": annotated}}
    set_params(download=download, train={"epochs": 2, **train}, export={"onnx": False, "int8": False})


@pytest.mark.parametrize("head", ["linear", "crf"])
def test_sentences_with_a_word_of_unknown_label_are_learnt_from_and_not_scored(workspace, head):
    """Two of six sentences of validation have one; test is annotated for PER alone."""
    change(head=head)
    run_stages(*STAGES)
    data = json_of("reports/data.json")
    assert {split: data[split]["unknown_labels"] for split in SPLITS} == {"train": 18, "validation": 0, "test": 0}
    left_out = {split: data[split]["incomplete_sentences"] for split in SPLITS}
    assert left_out == {"train": 0, "validation": 2, "test": 0}
    report = json_of("reports/evaluate.json")
    assert (data["validation"]["sentences"], report["validation"]["sentences"]) == (4, 4)
    assert (report["test"]["words"], report["test"]["overall"]["number"]) == (55, 9)
    assert report["test"]["annotated_in_part"] == 6
    assert report["test"]["per_type"].keys() == {"PER"}, "a predicted place is O"
    table = pq.read_table("data/predictions/test.parquet").to_pylist()
    forms = ["predicted", *(f"predicted.altered.{form}" for form in report["test"]["altered"])]
    assert {label for row in table for form in forms for label in row[form]} <= {"O", "B-PER", "I-PER"}
    card = " ".join(Path("models/export/README.md").read_text(encoding="utf-8").split())
    assert "test: 6 of 6 sentences are annotated for some types only; predictions of others count as O." in card
    assert r"validation: sentences with a word of unknown label, which are not scored\: 2" in card


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
    assert "data/raw: each sentence of test has a word of unknown tag in the column ner; exp" in error_of(
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
