"""models/export: tagger.json is read as it was written, damaged files are reported, and files by backend."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from tagline.artifacts import exported
from tagline.artifacts.exported import TAGGER, BackendName, Exported, SentenceRule, WordRule
from tagline.core.errors import UserError
from tagline.labels.label_list import Labels

TAGGING = Exported(
    Labels("ner", "spans", ("O", "B-X", "I-X"), "O"),
    head="linear",
    decoding="constrained",
    max_length=128,
    stride=32,
    padding=1,
    one_by_one=True,
    words=WordRule("fr", "spacy 3.8.11", 0.991),
    precision="bf16",
    context_subwords=64,
    sentences=SentenceRule(True, "sentencex 1.0.32", 0.95),
)


def test_round_trip(tmp_path: Path) -> None:
    exported.write(TAGGING, tmp_path)
    assert exported.read(tmp_path) == TAGGING
    assert list(json.loads((tmp_path / TAGGER).read_text())) == [
        *("task", "kind", "names", "fallback", "head", "decoding", "max_length", "stride", "padding", "one_by_one"),
        *("words", "precision", "context_subwords", "sentences"),
    ]


def test_biases(tmp_path: Path) -> None:
    biased = dataclasses.replace(TAGGING, biases={"X": -0.5})
    exported.write(biased, tmp_path)
    assert json.loads((tmp_path / TAGGER).read_text())["biases"] == {"X": -0.5}
    assert exported.read(tmp_path) == biased


def test_a_file_of_an_earlier_version(tmp_path: Path) -> None:
    exported.write(TAGGING, tmp_path)
    content = json.loads((tmp_path / TAGGER).read_text())
    for key in ("words", "precision", "context_subwords", "sentences"):
        del content[key]
    (tmp_path / TAGGER).write_text(json.dumps(content))
    found = exported.read(tmp_path)
    assert (found.words, found.precision) == (WordRule(None, None, 1.0), "auto")
    assert (found.sentences.split, found.context_subwords) == (False, 0)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("precision", "fp8"),
        ("biases", None),
        ("biases", {"X": "high"}),
        ("biases", {"X": float("inf")}),
        ("biases", {"B-X": 0.5}),
        ("words", []),
        ("words", {"rule": "x"}),
        ("words", {"language": 1}),
        ("words", {"agreement": 1.5}),
        ("words", {"agreement": None}),
        ("sentences", {"split": 1}),
        ("sentences", {"library": 1}),
        ("sentences", {"agreement": True}),
        ("context_subwords", -1),
        ("context_subwords", 1.5),
    ],
)
def test_damaged_entries_that_may_be_missing(tmp_path: Path, key: str, value: object) -> None:
    exported.write(TAGGING, tmp_path)
    content = json.loads((tmp_path / TAGGER).read_text()) | {key: value}
    (tmp_path / TAGGER).write_text(json.dumps(content))
    with pytest.raises(UserError, match=r"tagger\.json: damaged \(.+\); expected .+; run `dvc repro export` again"):
        exported.read(tmp_path)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"tagger\.json is missing: the stage export writes it"):
        exported.read(tmp_path)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("names", None),
        ("kind", "trees"),
        ("head", None),
        ("head", ["linear"]),
        ("decoding", "beam"),
        ("max_length", "long"),
        ("max_length", float("inf")),
        ("max_length", 0),
        ("stride", None),
        ("stride", 128),
        ("names", ["O", 1]),
        ("fallback", "B-Y"),
        ("one_by_one", None),
    ],
)
def test_damaged_file(tmp_path: Path, key: str, value: object) -> None:
    exported.write(TAGGING, tmp_path)
    content = json.loads((tmp_path / TAGGER).read_text())
    for damaged in (content | {key: value}, {name: content[name] for name in content if name != key}):
        (tmp_path / TAGGER).write_text(json.dumps(damaged))
        with pytest.raises(UserError, match=r"tagger\.json: damaged \(.+\); expected .+; run `dvc repro export` again"):
            exported.read(tmp_path)


def test_backends_and_their_files(tmp_path: Path) -> None:
    def names(backend: BackendName) -> list[str]:
        return [path.name for path in exported.files(tmp_path, backend)]

    for name in ("config.json", "model.safetensors", "tagger.json", "model.onnx"):
        (tmp_path / name).touch()
    assert exported.backends(tmp_path) == ["onnx", "torch"]
    assert names("onnx") == ["model.onnx", "model.safetensors"]
    for name in ("model.int8.onnx", "model.onnx.data"):
        (tmp_path / name).touch()
    assert exported.backends(tmp_path) == ["onnx-int8", "onnx", "torch"]
    assert names("onnx-int8") == ["model.int8.onnx"]
    assert names("onnx") == ["model.onnx", "model.onnx.data"]
    assert names("torch") == ["config.json", "model.safetensors", "tagger.json"]
