"""All five stages on a tiny corpus: the files they write."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from helpers.project import STAGES, declared, edit, json_of, run_stage
from transformers import pipeline

from tagline.artifacts import tokenized


def leaves(value: Any) -> list[Any]:
    return [leaf for item in value.values() for leaf in leaves(item)] if isinstance(value, dict) else [value]


def test_all_outputs_are_written_with_usual_modes_and_no_absolute_path(finished: Path) -> None:
    files = [path.relative_to(finished) for path in finished.rglob("*") if path.is_file()]
    for stage in STAGES:
        for out in declared(stage, "outs", "metrics", "plots"):
            assert Path(out).exists(), out
    assert not [path for path in files if ".partial" in path.name or path.parts[0] == ".work"]
    for path in files:
        assert path.suffix != ".json" or str(finished) not in path.read_text(), path
    Path("new").touch()
    mode = Path("new").stat().st_mode
    assert os.name == "nt" or not [path for path in files if path.stat().st_mode != mode and "tiny" not in path.parts]


def test_every_word_is_predicted_and_scored(finished: Path) -> None:
    metrics = json_of("reports/evaluate.json")
    assert set(metrics) == {"validation", "test"}
    for split in metrics.values():
        assert set(split["overall"]) == {"precision", "recall", "f1", "accuracy", "number"}
        assert set(split["per_type"]) == {"LOC", "PER"}
        assert split["words_unscored"] == 0
        for name, ends in split["intervals"]["overall"].items():
            assert ends["low"] <= split["overall"][name] <= ends["high"]
        assert sum(split["errors"].values()) - split["errors"]["spurious"] == split["overall"]["number"]
        assert sum(part["number"] for part in split["slices"]["text"].values()) == split["overall"]["number"]
        assert "operating_point" not in split
        assert {type(leaf) for leaf in leaves(split)} <= {int, float}, "`dvc metrics diff` compares no other types"
    # 5 short sentences and one of four clauses, six words each, and a zero-width word without sub-words.
    assert metrics["test"]["words"] == 9 * 6 + 1
    assert metrics["test"]["words_without_subwords"] == 1
    predictions = pd.read_parquet("data/predictions/test.parquet")
    assert list(predictions.columns) == ["id", "words", "gold", "predicted", "score"]
    for column in ("gold", "predicted", "score"):
        assert [len(row) for row in predictions[column]] == [len(row) for row in predictions["words"]]
    without_subwords = [predictions[name][1][-1] for name in ("words", "predicted", "score")]
    assert without_subwords == ["\u200b", "O", 0]


@pytest.mark.parametrize("strategy", ["simple", "first"])
def test_export_works_in_a_pipeline(finished: Path, strategy: str) -> None:
    tagger = pipeline("token-classification", model="models/export", aggregation_strategy=strategy)
    entities = tagger("Ada Lind lives in Oslo .")
    found = [(each["entity_group"], each["start"], each["end"], " ".join(each["word"].split())) for each in entities]
    assert found == [("PER", 0, 8, "ada lind"), ("LOC", 18, 22, "oslo")], "without the marks of capitals"
    assert all(0 < entity["score"] <= 1 for entity in entities)


def test_plain_tags_are_scored_per_word(finished: Path) -> None:
    edit(Path("params.yaml"), "task: ner", "task: pos")
    for stage in ("tokenize_align", "train", "evaluate"):
        run_stage(stage)
    labels = tokenized.load_labels(Path("data/tokenized"))
    assert labels.kind == "tags"
    assert labels.names == ("ADP", "PROPN", "PUNCT", "VERB", "X"), "X occurs in test only, and is kept"
    scores = json_of("reports/evaluate.json")["test"]
    assert scores["overall"]["number"] == scores["words"]
    assert scores["per_type"]["X"]["recall"] == 0
    # A word without sub-words gets the most frequent tag of train, since there is no O.
    assert pd.read_parquet("data/predictions/test.parquet")["predicted"][1][-1] == "PROPN"
