"""The stage export: backends, their comparison with the trained model, and its limits."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from helpers.project import edit, error_of, run_stage, snapshot
from helpers.tiny import raw_rows
from safetensors import SafetensorError
from transformers import AutoModelForTokenClassification

from tagline.artifacts import exported
from tagline.artifacts.exported import BackendName
from tagline.core.errors import UserError
from tagline.export import onnx_export
from tagline.inference.tagger import Tagger
from tagline.model import precision
from tagline.model.backends.onnx_model import OnnxModel

EXPORT = Path("models/export")
PARAMS = Path("params.yaml")


def reports() -> dict[str, dict[str, float]]:
    return json.loads(Path("reports/export.json").read_text())["test"]["backends"]


def test_each_backend_is_compared_with_the_trained_model(finished: Path) -> None:
    evaluated = json.loads(Path("reports/evaluate.json").read_text())["test"]
    whole = json.loads(Path("reports/export.json").read_text())["test"]
    assert list(whole) == ["words", "f1", "backends"]
    assert (whole["words"], whole["f1"]) == (evaluated["words"], evaluated["overall"]["f1"])
    assert list(reports()) == ["onnx-int8", "onnx", "torch"]
    for backend, report in reports().items():
        assert list(report) == ["same_labels", "largest_logit_difference", "f1", "megabytes"]
        assert report["same_labels"] == 1.0 or backend == "onnx-int8"
    assert reports()["torch"]["largest_logit_difference"] == 0
    assert reports()["onnx"]["largest_logit_difference"] < 1e-4
    assert 1e-3 < reports()["onnx-int8"]["largest_logit_difference"] < 1


@pytest.mark.parametrize("backend", ["onnx-int8", "onnx"])
def test_answers_do_not_depend_on_the_batch(finished: Path, backend: BackendName) -> None:
    sentences = [row["words"] for row in raw_rows("test")] + [["Ada"], ["Ada", "Lind"] * 20]
    with Tagger(backend=backend) as tagger, Tagger(backend=backend, subwords_per_batch=1) as one_by_one:
        assert tagger.words(sentences) == [tagger.words(words) for words in sentences]
        assert tagger.words(sentences) == one_by_one.words(sentences)


def test_windows_and_decoding_are_those_of_earlier_stages(finished: Path) -> None:
    """params.yaml may have changed since, with only the stage export run again."""
    before = (EXPORT / "tagger.json").read_bytes(), (EXPORT / "README.md").read_bytes()
    edit(PARAMS, "stride: 6", "stride: 4")
    edit(PARAMS, "max_length: 24", "max_length: 20")
    edit(PARAMS, "decoding: greedy", "decoding: constrained")
    run_stage("export")
    assert ((EXPORT / "tagger.json").read_bytes(), (EXPORT / "README.md").read_bytes()) == before


def test_only_enabled_backends_are_written(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = snapshot(EXPORT)
    edit(PARAMS, "onnx: true", "onnx: false")
    run_stage("export")
    assert [path.name for path in EXPORT.glob("*.onnx*")] == ["model.int8.onnx"]
    assert list(reports()) == ["onnx-int8", "torch"]
    listings = (EXPORT / "README.md", EXPORT / "hashes.json")
    assert snapshot(EXPORT).keys() < before.keys()
    assert all(before[path] == content for path, content in snapshot(EXPORT).items() if path not in listings)
    edit(PARAMS, "int8: true", "int8: false")
    monkeypatch.delattr(onnx_export, "convert")
    run_stage("export")
    assert list(reports()) == ["torch"]


def test_bfloat16_halves_the_weights_only(finished: Path) -> None:
    before = {name: reports()["onnx"][name] for name in ("same_labels", "largest_logit_difference", "f1")}
    size = (EXPORT / "model.safetensors").stat().st_size
    edit(PARAMS, "dtype: float32", "dtype: bfloat16")
    edit(PARAMS, "min_agreement: 1.0", "min_agreement: 0.9")
    run_stage("export")
    assert (EXPORT / "model.safetensors").stat().st_size < 0.6 * size
    assert str(AutoModelForTokenClassification.from_pretrained(EXPORT).dtype) == "torch.bfloat16"
    assert 0.9 <= reports()["torch"]["same_labels"] <= 1
    assert reports()["torch"]["largest_logit_difference"] > 1e-3, "bfloat16 has 8 bits of precision"
    assert reports()["onnx"].items() > before.items()
    exported.verify(EXPORT, exported.hashes(EXPORT))
    (EXPORT / "model.safetensors").unlink()
    with Tagger(EXPORT, "onnx") as tagger:
        assert tagger("Ada Lind lives in Oslo.")


def test_torch_computes_in_the_precision_of_the_evaluation(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both the exported model and the trained one, so that the labels are the same in any precision."""
    monkeypatch.setattr(precision, "available", lambda _: ("fp32", "bf16"))
    before = reports()
    params = PARAMS.read_text()
    assert params.count("precision: fp32") == 2
    PARAMS.write_text("bf16".join(params.rsplit("fp32", 1)))
    run_stage("evaluate")
    run_stage("export")
    assert exported.read(EXPORT).precision == "bf16"
    assert reports()["torch"].items() >= {"same_labels": 1.0, "largest_logit_difference": 0.0}.items()
    assert reports()["onnx"] == before["onnx"]
    with Tagger(EXPORT, "torch") as tagger:
        assert tagger._predictor.backend.precision == "bf16"
    monkeypatch.setattr(precision, "available", lambda _: ("fp32",))
    with (
        pytest.warns(
            UserWarning, match="evaluated in bf16, which this host's cpu does not support; it computes in fp32"
        ),
        Tagger(EXPORT, "torch") as tagger,
    ):
        assert tagger._predictor.backend.precision == "fp32"


def favouring(label: int, other: Callable) -> Callable:
    """Return a backend's `logits` with one label made the most probable one everywhere."""

    def logits(self: OnnxModel, rows: list, positions: list) -> np.ndarray:
        found = other(self, rows, positions)
        found[:, label] += 100
        return found

    return logits


def test_graph_with_other_labels_fails(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(PARAMS, "int8: true", "int8: false")
    monkeypatch.setattr(OnnxModel, "logits", favouring(2, OnnxModel.logits))
    # All words but the one without sub-words become I-LOC, a label that no word of the test split has.
    assert error_of("export") == (
        "export: backend onnx: 1.82% of the test words have the same label as from the trained model; "
        "expected at least 100.00% (export.min_agreement)"
    )


def test_int8_graph_with_a_lower_f1_fails(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(PARAMS, "onnx: true", "onnx: false")
    monkeypatch.setattr(OnnxModel, "logits", favouring(2, OnnxModel.logits))
    message = error_of("export")
    assert message.startswith("export: backend onnx-int8: F1 of test is 0.")
    assert message.endswith(" below the trained model; expected at most 0.0500 below (export.max_f1_drop)")


def test_encoder_that_can_not_be_converted_is_reported(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("no operator for this\nand more")

    monkeypatch.setattr("torch.onnx.export", refuse)
    assert error_of("export") == (
        "export: BertForTokenClassification: PyTorch can't convert it to ONNX (no operator for this); "
        "set export.onnx and export.int8 to false"
    )


def test_full_disk_is_reported(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise SafetensorError("I/O error: No space left on device (os error 28)")

    monkeypatch.setattr("transformers.PreTrainedModel.save_pretrained", refuse)
    assert error_of("export") == (
        "export: models/export/model.safetensors: the weights can't be written (I/O error: No space left on device (os error 28))"
    )


def test_windows_longer_than_the_model_reads_are_an_error(finished: Path) -> None:
    edit(EXPORT / "tagger.json", '"max_length": 24', '"max_length": 65')
    with pytest.raises(UserError, match=r"tagger.json: max_length is 65; the model reads at most 64 sub-words; run"):
        Tagger(EXPORT, backend="torch", verify=False)
