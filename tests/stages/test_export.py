"""export.py: the forms of a model, and the gates that a worse one does not pass."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from helpers.project import edit, error_of, run_stage, snapshot
from safetensors import SafetensorError
from transformers import AutoModelForTokenClassification

from tagline.artifacts import exported
from tagline.export import onnx_export, quantization
from tagline.export.onnx_model import OnnxModel

EXPORT = Path("models/export")
PARAMS = Path("params.yaml")


def reports() -> dict[str, dict[str, float]]:
    return json.loads(Path("metrics/export.json").read_text())["test"]["forms"]


def test_each_form_is_held_against_the_trained_model(finished: Path) -> None:
    evaluated = json.loads(Path("metrics/evaluate.json").read_text())["test"]
    whole = json.loads(Path("metrics/export.json").read_text())["test"]
    assert list(whole) == ["words", "f1", "forms"]
    assert (whole["words"], whole["f1"]) == (evaluated["words"], evaluated["overall"]["f1"])
    assert list(reports()) == ["onnx-int8", "onnx", "torch"]
    for form, report in reports().items():
        assert list(report) == ["same_labels", "largest_logit_difference", "f1", "megabytes"]
        assert report["same_labels"] == 1.0 or form == "onnx-int8"
    assert reports()["torch"]["largest_logit_difference"] == 0
    assert reports()["onnx"]["largest_logit_difference"] < 1e-4
    assert 1e-3 < reports()["onnx-int8"]["largest_logit_difference"] < 1


def test_a_tagger_knows_labels_and_windows(finished: Path) -> None:
    tagger = exported.read(EXPORT)
    assert tagger.labels.names == ("O", "B-LOC", "I-LOC", "B-PER", "I-PER")
    assert (tagger.decoding, tagger.max_length, tagger.stride, tagger.padding) == ("greedy", 24, 6, 0)


@pytest.mark.parametrize(
    ("onnx", "int8", "graphs"), [("false", "true", ["model.int8.onnx"]), ("true", "false", ["model.onnx"])]
)
def test_only_the_forms_that_were_asked_for(finished: Path, onnx: str, int8: str, graphs: list[str]) -> None:
    before = snapshot(EXPORT)
    edit(PARAMS, "onnx: true", f"onnx: {onnx}")
    edit(PARAMS, "int8: true", f"int8: {int8}")
    run_stage("export")
    assert sorted(path.name for path in EXPORT.glob("*.onnx*")) == graphs
    assert list(reports()) == [next(form for form, file in exported.GRAPHS.items() if file in graphs), "torch"]
    card = EXPORT / "README.md"  # tells of the forms
    assert snapshot(EXPORT).keys() < before.keys()
    assert all(before[path] == content for path, content in snapshot(EXPORT).items() if path != card)


def test_without_a_graph_nothing_is_written_as_one(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(onnx_export, "write", refuse)
    edit(PARAMS, "onnx: true", "onnx: false")
    edit(PARAMS, "int8: true", "int8: false")
    run_stage("export")
    assert list(EXPORT.glob("*.onnx*")) == []
    assert list(reports()) == ["torch"]


def test_half_the_size_in_bfloat16(finished: Path) -> None:
    before, graph = reports()["onnx"], (EXPORT / "model.onnx").read_bytes()
    size = (EXPORT / "model.safetensors").stat().st_size
    edit(PARAMS, "dtype: float32", "dtype: bfloat16")
    edit(PARAMS, "min_agreement: 1.0", "min_agreement: 0.9")
    run_stage("export")
    assert (EXPORT / "model.safetensors").stat().st_size < 0.6 * size
    assert str(AutoModelForTokenClassification.from_pretrained(EXPORT).dtype) == "torch.bfloat16"
    assert 0.9 <= reports()["torch"]["same_labels"] <= 1
    assert reports()["torch"]["largest_logit_difference"] > 1e-3, "bfloat16 has 8 bits: some logit must move"
    assert reports()["onnx"] == before
    assert (EXPORT / "model.onnx").read_bytes() == graph


def lifted(label: int, other: Callable) -> Callable:
    """A backend's `logits` with one label made likelier everywhere."""

    def logits(self: OnnxModel, rows: list, positions: list) -> np.ndarray:
        found = other(self, rows, positions)
        found[:, label] += 100
        return found

    return logits


def test_a_graph_that_labels_otherwise_is_refused(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(PARAMS, "int8: true", "int8: false")
    monkeypatch.setattr(OnnxModel, "logits", lifted(2, OnnxModel.logits))
    # All but the one word of no sub-word are I-LOC then, which no word of the test split is.
    assert error_of("export") == (
        "export: the form onnx labels 1.82% of the test words like the trained model, "
        "export.min_agreement asks for 100.00%; the earlier export was kept"
    )


def test_an_int8_form_that_is_too_coarse_is_refused(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quantization, "STEPS", 1)
    edit(PARAMS, "max_f1_drop: 0.05", "max_f1_drop: 0.005")
    message = error_of("export")
    assert message.startswith("export: the form onnx-int8 has F1 0.")
    assert message.endswith("export.max_f1_drop allows 0.0050; the earlier export was kept")


def test_an_encoder_that_makes_no_graph(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("no operator for this\nand more")

    monkeypatch.setattr("torch.onnx.export", refuse)
    assert error_of("export") == (
        "export: PyTorch can't write BertForTokenClassification as ONNX (no operator for this): "
        "set export.onnx and export.int8 to false"
    )


def test_a_full_disk(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise SafetensorError("I/O error: No space left on device (os error 28)")

    monkeypatch.setattr("transformers.PreTrainedModel.save_pretrained", refuse)
    assert error_of("export") == (
        "export: models/export can't be written (I/O error: No space left on device (os error 28)); "
        "the earlier export was kept"
    )


def test_missing_model(finished: Path) -> None:
    shutil.rmtree("models/finetuned")
    assert "models/finetuned is missing: the stage train writes it" in error_of("export")
