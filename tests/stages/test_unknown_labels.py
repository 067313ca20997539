"""Words of unknown label through all stages: read, tokenized, trained on, left out of scores, and counted."""

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from helpers.annotated import write_rows
from helpers.project import STAGES, error_of, json_of, run_stage, run_stages
from helpers.tiny import PEOPLE, TINY_PARAMS, raw_rows, set_params, training_results

from tagline.artifacts import tokenized
from tagline.core.names import SPLITS
from tagline.crossval.crossval_params import Crossval
from tagline.crossval.folds import Fold
from tagline.terminal.errors import UserError

ANNOTATED = {"te*.conll": ["PER"]}
DATASET = TINY_PARAMS["download"]["dataset"]


def change(annotated: dict[str, list[str]] = ANNOTATED, unknown_tag: str = "-", **train: Any) -> None:
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


def test_entity_of_a_span_ends_before_a_word_of_unknown_label(workspace):
    for index, (split, text) in enumerate({"train": "Ada won", "validation": "Cem lives", "test": "Eva goes"}.items()):
        span = {"spans": [{"start": 0, "end": 3, "label": "PER"}], "answer": "accept"}
        binary = {"_input_hash": index, "_is_binary": split != "train"}
        write_rows(Path("data/tiny", split), [{"text": text, **span, **binary}])
    files = {split: split for split in SPLITS}
    set_params(download={"dataset": {"source": "files", "format": "prodigy", "tag_column": "ner", **files}})
    run_stages("download", "tokenize_align")
    counts = json_of("reports/data.json")["validation"]
    assert counts["labels"] == {"O": 0, "B-PER": 1, "I-PER": 0}
    assert (counts["unknown_labels"], counts["no_entities"]) == (1, 0)


@pytest.mark.parametrize("head", ["linear", "crf"])
def test_words_of_unknown_label_are_predicted_and_not_scored(workspace, head):
    change(head=head)
    run_stages(*STAGES)
    assert raw_rows("train")[0]["ner"] == ["B-PER", None, None, "O", "B-LOC", "O"]
    assert [raw_rows(split)[0]["annotated_types"] for split in ("train", "test")] == [None, ["PER"]]
    labels = tokenized.load_labels(Path("data/tokenized_tests"))
    assert labels.sets == ((), ("O", "B-LOC", "I-LOC"), ("O", "I-LOC"))
    window = tokenized.load_split(Path("data/tokenized_tests"), "test").windows[0]
    lives = [label for label, word in zip(window["labels"], window["word_ids"], strict=True) if word == 2]
    first, later = len(labels.names) + 1, len(labels.names) + 2
    assert lives == [first, *[later] * (len(lives) - 1)], "later sub-words cannot begin an entity"
    data = json_of("reports/data.json")
    counts = {split: data[split]["unknown_labels"] for split in SPLITS}
    assert counts == {"train": 18, "validation": 4, "test": 4 * 9 + 1}
    of_test = {"O": 0, "B-LOC": 0, "I-LOC": 0, "B-PER": 9, "I-PER": 9}
    assert data["test"]["labels"] == of_test, "O is one of several possible labels"
    report = json_of("reports/evaluate.json")
    assert report["validation"]["unknown"]["words"] == 4
    assert report["validation"]["unknown"]["gold_entities"] == 2, "first names whose entity may end there"
    assert (report["test"]["words"], report["test"]["unknown"]["words"]) == (55, 37)
    assert report["test"]["overall"]["number"] == 9
    table = pq.read_table("data/predictions/validation.parquet").to_pylist()
    assert table[0]["gold"] == ["B-PER", None, None, "O", "B-LOC", "O"]
    assert all(isinstance(label, str) for row in table for label in row["predicted"])
    card = " ".join(Path("models/export/README.md").read_text(encoding="utf-8").split())
    assert "Not scored in test: 37 of 55 words, whose gold label is unknown or known in part, and 0 gold and" in card
    assert "words of unknown label" in Path("reports/evaluate.html").read_text(encoding="utf-8")
    assert "sets" not in json_of("models/export/tagger.json")


def test_unlabelled_texts_are_learnt_from_a_teacher_only(finished, capfd):
    shutil.copytree("models/finetuned", "data/kept/old")
    labelled = len(raw_rows("train"))
    pool = [f"{person} lives in Rome. Bo lives in Bern." for person in PEOPLE]
    Path("data/tiny/pool.txt").write_text("\n\n".join(pool), encoding="utf-8")
    least, weights = {}, []
    for models in ([], ["old"]):
        teacher = {"models": models, "weight": 1.0, "temperature": 1.0}
        train = {"epochs": 2, "folder": "data/kept", "teacher": teacher}
        set_params(download={"dataset": DATASET | {"unlabelled": "pool*.txt"}}, train=train)
        run_stages("download", "tokenize_align", "train")
        least[len(models)] = pd.read_csv("plots/train_loss.csv")["loss"].to_numpy().min()  # NaN if one is
        weights.append(training_results()[2]["classifier.weight"])
        shown = "train: 12 of 29 windows have no known label; only train.teacher learns from them"
        assert (shown in capfd.readouterr().out) == (not models)
    rows = raw_rows("train")[labelled:]
    assert (rows[1]["words"], rows[1]["ner"]) == (["Bo", "lives", "in", "Bern", "."], [None] * 5)
    assert [row["id"] for row in rows[1:3]] == ["pool.txt:1-2", "pool.txt:3-1"]
    assert rows[0]["document"] == rows[1]["document"] == rows[2]["document"] - 1
    provenance = json_of("data/raw/provenance.json")
    assert (provenance["files"]["unlabelled"][0]["path"], provenance["unlabelled"]) == ("pool.txt", 2 * len(PEOPLE))
    assert json_of("reports/data.json")["train"]["unknown_labels"] == sum(len(row["words"]) for row in rows)
    assert least[0] == 0 < least[1], "a batch of nothing but the pool"
    assert abs(weights[1] - weights[0]).max() > 1e-3, "the student learns from its teacher"


def test_unlabelled_texts_that_cannot_be_read_are_an_error(workspace):
    set_params(download={"dataset": DATASET | {"unlabelled": "pool.txt"}})
    assert error_of("download").endswith("pool.txt: no such file; see download.dataset.unlabelled in params.yaml")
    for content, message in ((b" \n", "no words; expected one text per line; see"), (b"a\nb\xe9", ":2: ")):
        Path("data/tiny/pool.txt").write_bytes(content)
        assert message in error_of("download")
    set_params(download={"dataset": DATASET | {"unlabelled": "t*.conll"}})
    assert "train.conll: a file of train, not of texts without labels; see download.dataset.unl" in error_of("download")
    assert not Path("data/raw").exists()


def test_data_without_the_known_labels_of_a_stage_are_an_error(workspace):
    change()
    test, train = Path("data/tiny/test.conll"), Path("data/tiny/train.conll")
    text = test.read_text(encoding="utf-8")
    test.write_text(text.replace("PROPN B-PER", "PROPN -"), encoding="utf-8")
    run_stage("download")
    assert "data/raw: no word of test has a known label, so that there is nothing" in error_of("tokenize_align")
    test.write_text(text, encoding="utf-8")
    change({"train.conll": ["LOC"]})
    run_stage("download")
    message = "train-0, word 0 (Ada): B-PER in a file of which only LOC are annotated; see download.dataset.annotated"
    assert message in error_of("tokenize_align")
    change({"train.conll": ["PER", "LOC"]})
    train.write_text(train.read_text(encoding="utf-8").replace(" O\n", " -\n"), encoding="utf-8")
    run_stages("download", "tokenize_align")
    assert "train: data/tokenized: no word of train is known to be O; expected some, or" in error_of("train")
    unlabelled = Path("data/tokenized_tests/unlabelled")
    params = Crossval(folds=[1, 2], group="sentence", seed=1)
    with pytest.raises(UserError, match="data/tokenized: words of train of unknown label; folds need the gold label"):
        Fold(1, params, Path("data/tokenized"), unlabelled)
