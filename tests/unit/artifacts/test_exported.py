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


def test_written_file_is_read_as_it_was(tmp_path: Path) -> None:
    exported.write(TAGGING, tmp_path)
    assert exported.read(tmp_path) == TAGGING
    assert list(json.loads((tmp_path / TAGGER).read_text())) == [
        *("task", "kind", "names", "fallback", "head", "decoding", "max_length", "stride", "padding", "one_by_one"),
        *("words", "precision", "context_subwords", "sentences"),
    ]


def test_biases_are_written_only_if_there_are_any(tmp_path: Path) -> None:
    biased = dataclasses.replace(TAGGING, biases={"X": -0.5})
    exported.write(biased, tmp_path)
    assert json.loads((tmp_path / TAGGER).read_text())["biases"] == {"X": -0.5}
    assert exported.read(tmp_path) == biased


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("names", None),
        ("names", ["O", 1]),
        ("fallback", "B-Y"),
        ("kind", "trees"),
        ("head", ["linear"]),
        ("decoding", "beam"),
        ("precision", "fp8"),
        ("max_length", "long"),
        ("max_length", 0),
        ("stride", 128),
        ("context_subwords", 1.5),
        ("one_by_one", None),
        ("words", []),
        ("words", {"language": 1}),
        ("words", {"agreement": 1.5}),
        ("sentences", {"split": 1}),
        ("sentences", {"agreement": True}),
    ],
)
def test_damaged_or_missing_entry_is_an_error(tmp_path: Path, key: str, value: object) -> None:
    exported.write(TAGGING, tmp_path)
    content = json.loads((tmp_path / TAGGER).read_text())
    for damaged in (content | {key: value}, {name: content[name] for name in content if name != key}):
        (tmp_path / TAGGER).write_text(json.dumps(damaged))
        with pytest.raises(UserError, match=r"tagger\.json: damaged \(.+\); expected .+; run `dvc repro export` again"):
            exported.read(tmp_path)


@pytest.mark.parametrize("biases", [None, {"X": "high"}, {"X": float("inf")}, {"B-X": 0.5}])
def test_damaged_biases_are_an_error(tmp_path: Path, biases: object) -> None:
    exported.write(TAGGING, tmp_path)
    content = json.loads((tmp_path / TAGGER).read_text())
    (tmp_path / TAGGER).write_text(json.dumps(content | {"biases": biases}))
    with pytest.raises(UserError, match=r"tagger\.json: damaged \(.+\); expected .+; run `dvc repro export` again"):
        exported.read(tmp_path)


def test_missing_file_names_the_stage(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"tagger\.json is missing: the stage export writes it"):
        exported.read(tmp_path)


def test_files_are_listed_by_backend(tmp_path: Path) -> None:
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
