"""tokenize_align.py with bad input, and the two rules of alignment in the shards that it writes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from conftest import edit, fault_of, run_stage
from transformers import ByT5Tokenizer

from tagging import tokenized


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "task: ner",
            "task: chunk",
            "data/raw has no column 'chunk' (tokenize_align.task in params.yaml): it has pos, ner",
        ),
        ("max_length: 24", "max_length: 65", "max_length is 65, but the encoder reads at most 64 sub-words"),
        (
            "stride: 6",
            "stride: 13",
            "stride is the overlap of two windows, so it must be at most half of max_length (12)",
        ),
        ("stride: 6", "strid: 6", "unknown key, did you mean stride?"),
    ],
)
def test_bad_params(finished: Path, old: str, new: str, message: str) -> None:
    edit(Path("params.yaml"), old, new)
    assert message in fault_of("tokenize_align")


@pytest.mark.parametrize(("folder", "stage"), [("data/raw", "download"), ("models/pretrained", "download")])
def test_missing_inputs(finished: Path, folder: str, stage: str) -> None:
    shutil.rmtree(folder)
    assert f"is missing: the stage {stage} writes it, so run `dvc repro {stage}` first" in fault_of("tokenize_align")


def test_a_tokenizer_that_is_not_fast(finished: Path) -> None:
    shutil.rmtree("models/pretrained/tokenizer")
    ByT5Tokenizer().save_pretrained("models/pretrained/tokenizer")
    assert fault_of("tokenize_align") == (
        "tokenize_align: ByT5Tokenizer in models/pretrained/tokenizer is not a fast tokenizer, so it can't say which "
        "word a sub-word belongs to: choose an encoder that has a tokenizer.json"
    )


def test_one_label_only(finished: Path) -> None:
    for file in Path("data/tiny").glob("*.conll"):
        lines = [line and f"{line.split()[0]} X O" for line in file.read_text().split("\n")]
        file.write_text("\n".join(lines))
    run_stage("download")
    assert "the column ner has one label only (O): expected at least two to learn from" in fault_of("tokenize_align")


def test_iob1_is_told_and_converted(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for file in Path("data/tiny").glob("*.conll"):
        file.write_text(file.read_text().replace("B-", "I-"))
    before = {split: tokenized.load_split(Path("data/tokenized"), split).sentences["labels"][:] for split in ("test",)}
    run_stage("download")
    run_stage("tokenize_align")
    assert "train: ner is written in IOB1, converted to IOB2; 0 illegal tags repaired" in capsys.readouterr().out
    assert tokenized.load_split(Path("data/tokenized"), "test").sentences["labels"][:] == before["test"]


def test_first_subwords_only(finished: Path) -> None:
    # Cork's letters become pieces of their own for an encoder that does not know the word.
    for file in Path("data/tiny").glob("*.conll"):
        file.write_text(file.read_text().replace("Cork PROPN", "Corky PROPN"))
    for stage in ("download", "tokenize_align"):
        run_stage(stage)
    every = labels_of("Corky")
    edit(Path("params.yaml"), "label_all_tokens: true", "label_all_tokens: false")
    run_stage("tokenize_align")
    first = labels_of("Corky")
    assert every[0] == first[0] == "B-LOC"
    assert len(every) > 1
    assert set(every[1:]) == {"I-LOC"}
    assert set(first[1:]) == {"ignored"}


def labels_of(word: str) -> list[str]:
    names = json.loads(Path("data/tokenized/labels.json").read_text())["names"]
    split = tokenized.load_split(Path("data/tokenized"), "train")
    for window in split.windows:
        words = split.sentences[window["sentence"]]["words"]
        if word in words:
            pairs = zip(window["word_ids"], window["labels"], strict=True)
            return [names[label] if label >= 0 else "ignored" for w, label in pairs if w == words.index(word)]
    raise AssertionError(f"{word} is in no window")
