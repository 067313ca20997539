"""All five stages on a tiny corpus: the files they write, and the same bytes twice."""

from __future__ import annotations

import json
import os
import resource
from pathlib import Path

import pandas as pd
import pytest
from helpers.project import STAGES, edit, error_of, run_stage, snapshot
from helpers.tiny import raw_rows
from transformers import pipeline

from tagline.artifacts import tokenized

WRITTEN = """
data/raw/provenance.json
models/pretrained/encoder/model.safetensors
models/pretrained/provenance.json
models/pretrained/tokenizer/tokenizer.json
data/tokenized/labels.json
reports/data.json
models/finetuned/model.safetensors
models/finetuned/tokenizer.json
reports/train.json
plots/train_loss.csv
plots/validation.csv
data/predictions/validation.parquet
data/predictions/test.parquet
metrics/evaluate.json
reports/evaluate.json
plots/confusion.csv
plots/per_type.csv
plots/reliability.csv
reports/evaluate.html
models/export/model.safetensors
models/export/model.onnx
models/export/model.int8.onnx
models/export/tagger.json
metrics/export.json
reports/export.json
""".split()


def test_all_outputs_are_written_and_nothing_else(finished: Path) -> None:
    files = {path.relative_to(finished).as_posix() for path in finished.rglob("*") if path.is_file()}
    assert files >= set(WRITTEN)
    assert not [path for path in files if ".partial" in path or path.startswith(".work")]


def test_raw_has_every_tag_column(finished: Path) -> None:
    assert {split: len(raw_rows(split)) for split in ("train", "validation", "test")} == {
        "train": 16,
        "validation": 6,
        "test": 6,
    }
    row = raw_rows("train")[0]
    assert list(row) == ["id", "document", "words", "pos", "ner"]
    assert (row["id"], row["ner"]) == ("train-0", ["B-PER", "I-PER", "O", "O", "B-LOC", "O"])


def test_provenance_has_names_and_hashes_but_no_path(finished: Path) -> None:
    data = json.loads(Path("data/raw/provenance.json").read_text())
    assert data["rows"] == {"train": 16, "validation": 6, "test": 6}
    assert [file["path"] for file in data["files"]["train"]] == ["train.conll"]
    assert set(data["files"]["test"][0]) == {"path", "sha256"}
    encoder = json.loads(Path("models/pretrained/provenance.json").read_text())
    assert set(encoder["sha256"]) >= {"encoder/model.safetensors", "tokenizer/tokenizer.json"}
    for path in Path.cwd().rglob("*.json"):
        assert str(finished) not in path.read_text(), f"{path} has an absolute path"


def test_long_sentences_become_windows(finished: Path) -> None:
    labels = tokenized.load_labels(Path("data/tokenized"))
    assert labels.names == ("O", "B-LOC", "I-LOC", "B-PER", "I-PER"), "I-LOC is added though no location has two words"
    split = tokenized.load_split(Path("data/tokenized"), "test")
    assert len(split.sentences) == 6
    assert len(split.windows) > 6
    assert max(map(len, split.windows["input_ids"])) <= 24


def test_every_word_is_scored(finished: Path) -> None:
    metrics = json.loads(Path("reports/evaluate.json").read_text())
    assert set(metrics) == {"validation", "test"}
    for split in metrics.values():
        assert set(split["overall"]) == {"precision", "recall", "f1", "accuracy", "number"}
        assert set(split["per_type"]) == {"LOC", "PER"}
        assert split["words_unscored"] == 0
    # 5 short sentences and one of four clauses, six words each, and a zero-width word without sub-words.
    assert metrics["test"]["words"] == 9 * 6 + 1
    assert metrics["test"]["words_without_subwords"] == 1


def test_scores_have_intervals_and_error_counts(finished: Path) -> None:
    for split in json.loads(Path("reports/evaluate.json").read_text()).values():
        for name, ends in split["intervals"]["overall"].items():
            assert ends["low"] <= split["overall"][name] <= ends["high"]
        assert sum(split["errors"].values()) - split["errors"]["spurious"] == split["overall"]["number"]
        assert sum(part["number"] for part in split["slices"]["text"].values()) == split["overall"]["number"]
    per_type = pd.read_csv("plots/per_type.csv")
    assert per_type["type"].tolist() == ["LOC", "PER"]
    assert (per_type["low"] <= per_type["f1"]).all()
    assert (per_type["f1"] <= per_type["high"]).all()


def test_training_and_evaluation_agree_on_the_best_epoch(finished: Path) -> None:
    evaluated = json.loads(Path("reports/evaluate.json").read_text())["validation"]["overall"]
    trained = json.loads(Path("reports/train.json").read_text())
    curve = pd.read_csv("plots/validation.csv").set_index("epoch")
    assert trained["validation"]["f1"] > 0.5, "the model must have learnt something"
    assert curve["f1"].max() == trained["validation"]["f1"]
    for name in ("precision", "recall", "f1", "accuracy"):
        assert trained["validation"][name] == evaluated[name] == curve.loc[trained["best_epoch"], name]


def test_predictions_have_one_label_per_word(finished: Path) -> None:
    predictions = pd.read_parquet("data/predictions/test.parquet")
    assert list(predictions.columns) == ["id", "words", "gold", "predicted", "score"]
    for column in ("gold", "predicted", "score"):
        assert [len(row) for row in predictions[column]] == [len(row) for row in predictions["words"]]
    assert predictions["words"][1][-1] == "\u200b"
    assert predictions["predicted"][1][-1] == "O"
    assert predictions["score"][1][-1] == 0


def test_the_export_works_in_a_pipeline(finished: Path) -> None:
    tagger = pipeline("token-classification", model="models/export", aggregation_strategy="simple")
    entities = tagger("Ada Lind lives in Oslo .")
    assert [(entity["entity_group"], entity["start"], entity["end"]) for entity in entities] == [
        ("PER", 0, 8),
        ("LOC", 18, 22),
    ]
    assert all(0 < entity["score"] <= 1 for entity in entities)


def test_show_prints_the_scores_of_the_last_run(finished: Path, capsys) -> None:
    before = snapshot(finished)
    run_stage("evaluate", "--show")
    shown = capsys.readouterr().out
    scores = json.loads(Path("reports/evaluate.json").read_text())["test"]["overall"]
    assert f"{scores['f1']:.3f}" in shown
    assert snapshot(finished) == before


def test_a_task_of_plain_tags(finished: Path) -> None:
    edit(Path("params.yaml"), "task: ner", "task: pos")
    for stage in STAGES[1:]:
        run_stage(stage)
    labels = tokenized.load_labels(Path("data/tokenized"))
    assert labels.kind == "tags"
    assert labels.names == ("ADP", "PROPN", "PUNCT", "VERB", "X"), "X occurs in test only, and is kept"
    metrics = json.loads(Path("reports/evaluate.json").read_text())
    assert metrics["test"]["overall"]["number"] == metrics["test"]["words"]
    assert metrics["test"]["per_type"]["X"]["recall"] == 0
    # A word without sub-words gets the most frequent tag of train, since there is no O.
    assert pd.read_parquet("data/predictions/test.parquet")["predicted"][1][-1] == "PROPN"


def test_same_bytes_twice(finished: Path) -> None:
    first = snapshot(finished)
    for stage in STAGES:
        run_stage(stage)
    assert snapshot(finished) == first


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_all_files_have_the_mode_of_a_new_file(finished: Path) -> None:
    Path("new").touch()
    mode = Path("new").stat().st_mode
    folders = ("data", "models", "metrics", "plots", "reports")
    files = [path for folder in folders for path in Path(folder).rglob("*") if path.is_file()]
    assert {path for path in files if path.stat().st_mode != mode and "tiny" not in path.parts} == set()


# Files above this size can't be written, as on a full disk.
@pytest.mark.parametrize(
    ("stage", "size", "file"),
    [
        ("download", 900, "data/raw/train/00000.arrow"),
        ("tokenize_align", 100, "data/tokenized/labels.json"),
        ("evaluate", 900, "data/predictions/validation.parquet"),
    ],
)
def test_a_full_disk_is_reported_with_the_file(finished: Path, stage: str, size: int, file: str) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        message = error_of(stage)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert message == f"{stage}: {file}: File too large; expected more space; free some, then run the stage again"
