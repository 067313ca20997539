"""export.py: number formats, and the gate that a worse export does not pass."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from conftest import edit, fault_of, run_stage
from transformers import AutoModelForTokenClassification

from tagging import prediction


def test_half_the_size_in_bfloat16(finished: Path) -> None:
    before = Path("models/export/model.safetensors").stat().st_size
    edit(Path("params.yaml"), "dtype: float32", "dtype: bfloat16")
    edit(Path("params.yaml"), "min_agreement: 1.0", "min_agreement: 0.9")
    run_stage("export")
    assert Path("models/export/model.safetensors").stat().st_size < 0.6 * before
    assert str(AutoModelForTokenClassification.from_pretrained("models/export").dtype) == "torch.bfloat16"
    report = json.loads(Path("metrics/export.json").read_text())["test"]
    assert 0.9 <= report["same_labels"] <= 1
    assert report["largest_score_difference"] > 0, "bfloat16 has 8 bits: some score must move"


def test_an_export_that_labels_otherwise_is_refused(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = prediction.predict

    def worse(model, split, labels, batch_size, name):
        predicted = honest(model, split, labels, batch_size, name)
        if name == "exported":
            predicted.labels[0][0] = "I-LOC" if predicted.labels[0][0] != "I-LOC" else "O"
        return predicted

    monkeypatch.setattr(prediction, "predict", worse)
    assert fault_of("export") == (
        "export: the export in float32 labels 98.18% of the test words like the trained model, "
        "export.min_agreement asks for 100.00%; the earlier export was kept"
    )


def test_missing_model(finished: Path) -> None:
    shutil.rmtree("models/finetuned")
    assert "models/finetuned is missing: the stage train writes it" in fault_of("export")


def test_scores_are_compared_word_by_word(finished: Path) -> None:
    from runpy import run_path

    from conftest import ROOT

    compare = run_path(str(ROOT / "stages/export.py"))["compare"]
    first = prediction.Predicted([["O", "B-X"], ["O"]], [np.array([0.5, 0.9]), np.array([1.0])], 0)
    second = prediction.Predicted([["O", "O"], ["O"]], [np.array([0.5, 0.7]), np.array([1.0])], 0)
    assert compare(first, second) == {"words": 3, "same_labels": 0.666667, "largest_score_difference": 0.2}
