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


def test_written_file_is_read_as_it_was_with_biases_only_if_there_are_any(tmp_path: Path) -> None:
    keys = [
        "version",
        "task",
        "kind",
        "names",
        "fallback",
        "head",
        "decoding",
        "max_length",
        "stride",
        "padding",
        "one_by_one",
    ]
    keys += ["words", "precision", "context_subwords", "sentences"]
    for biases in ({}, {"X": -0.5}):
        written = dataclasses.replace(TAGGING, biases=biases)
        exported.write(written, tmp_path)
        assert exported.read(tmp_path) == written
        assert list(json.loads((tmp_path / TAGGER).read_text())) == keys + ["biases"] * bool(biases)


@pytest.mark.parametrize(
    "damage",
    [
        {"names": ["O", 1]},
        {"fallback": "B-Y"},
        {"kind": "trees"},
        {"head": ["linear"]},
        {"decoding": "beam"},
        {"precision": "fp8"},
        {"max_length": "long"},
        {"stride": 128},
        {"context_subwords": 1.5},
        {"words": []},
        {"words": {"language": 1}},
        {"words": {"agreement": 1.5}},
        {"sentences": {"split": 1}},
        {"biases": {"X": float("inf")}},
        {"biases": {"B-X": 0.5}},
        {"precision": ...},
    ],
    ids=str,
)
def test_damaged_or_missing_entry_is_an_error(tmp_path: Path, damage: dict[str, object]) -> None:
    exported.write(TAGGING, tmp_path)
    content = json.loads((tmp_path / TAGGER).read_text()) | damage
    (tmp_path / TAGGER).write_text(json.dumps({key: value for key, value in content.items() if value is not ...}))
    with pytest.raises(UserError, match=r"tagger\.json: damaged \(.+\); expected .+; run `dvc repro export` again"):
        exported.read(tmp_path)


@pytest.mark.parametrize("found", [..., 2, "1"])
def test_export_of_another_version_is_refused(tmp_path: Path, found: object) -> None:
    exported.write(TAGGING, tmp_path)
    content = json.loads((tmp_path / TAGGER).read_text()) | {"version": found}
    (tmp_path / TAGGER).write_text(json.dumps({key: value for key, value in content.items() if value is not ...}))
    with pytest.raises(
        UserError, match=r"tagger.json: version .*; this Tagline reads version 1; run `dvc repro export`"
    ):
        exported.read(tmp_path)


def test_files_are_listed_by_backend(tmp_path: Path) -> None:
    def names(backend: BackendName) -> list[str]:
        return [path.relative_to(tmp_path).as_posix() for path in exported.files(tmp_path, backend)]

    (tmp_path / "onnx").mkdir()
    for name in ("config.json", "model.safetensors", "tagger.json", "onnx/model.onnx"):
        (tmp_path / name).touch()
    assert exported.backends(tmp_path) == ["onnx", "torch"]
    assert names("onnx") == ["model.safetensors", "onnx/model.onnx"]
    assert exported.external_weights(tmp_path, "onnx") == [tmp_path / "model.safetensors"]
    for name in ("onnx/model_quantized.onnx", "onnx/model.onnx_data"):
        (tmp_path / name).touch()
    assert exported.backends(tmp_path) == ["onnx-int8", "onnx", "torch"]
    assert names("onnx-int8") == ["onnx/model_quantized.onnx"]
    assert names("onnx") == ["onnx/model.onnx", "onnx/model.onnx_data"]
    assert names("torch") == ["config.json", "model.safetensors", "tagger.json"]
    assert exported.external_weights(tmp_path, "onnx") == [tmp_path / "onnx/model.onnx_data"]
    assert exported.external_weights(tmp_path, "onnx-int8") == []
