"""evaluate.py with a model and data that do not belong together."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from helpers.project import edit, error_of, run_stage
from helpers.tiny import word_piece
from safetensors.numpy import load_file, save_file

from tagline.core.provenance import write_hashes


@pytest.mark.parametrize(
    ("folder", "stage"),
    [
        ("data/tokenized", "tokenize-align"),
        ("data/tokenized/sentences/test", "tokenize-align"),
        ("models/finetuned", "train"),
    ],
)
def test_missing_inputs(finished: Path, folder: str, stage: str) -> None:
    shutil.rmtree(folder)
    assert f"is missing: the stage {stage} writes it, so run `dvc repro {stage}` first" in error_of("evaluate")


@pytest.mark.parametrize("curve", ["plots/train_loss.csv", "plots/validation.csv"])
def test_a_learning_curve_is_missing(finished: Path, curve: str) -> None:
    Path(curve).unlink()
    assert f"{curve} is missing: the stage train writes it, so run `dvc repro train` first" in error_of("evaluate")


def test_words_that_tokenize_align_counted_without_a_prediction(finished: Path) -> None:
    report = json.loads(Path("reports/data.json").read_text())
    report["test"]["words"] += 2
    Path("reports/data.json").write_text(json.dumps(report))
    assert "data/tokenized: no prediction for 2 words; expected one for each word that reports" in error_of("evaluate")
    Path("reports/data.json").write_text("{}")
    assert "reports/data.json: damaged" in error_of("evaluate")


def test_bad_params(finished: Path) -> None:
    edit(Path("params.yaml"), "subwords_per_batch: 64", "subwords_per_batch: 0")
    edit(Path("params.yaml"), "resamples: 100", "resamples: 99")
    message = error_of("evaluate")
    assert "evaluate.subwords_per_batch: should be greater than or equal to 1, got 0" in message
    assert "evaluate.bootstrap.resamples: should be greater than or equal to 100, got 99" in message


def test_the_default_size_of_batches_on_a_cpu(finished: Path) -> None:
    written = []
    for old, new in ((" 64", " 256"), (" 256", "")):
        edit(Path("params.yaml"), f"subwords_per_batch:{old}\n  precision", f"subwords_per_batch:{new}\n  precision")
        run_stage("evaluate")
        written.append(Path("data/predictions/test.parquet").read_bytes() + Path("reports/evaluate.json").read_bytes())
    assert written[0] == written[1]


def test_a_precision_that_the_host_lacks(finished: Path) -> None:
    edit(Path("params.yaml"), "precision: fp32\n  decoding", "precision: fp16\n  decoding")
    assert "evaluate.precision: fp16 is not supported on this host's cpu; expected fp32" in error_of("evaluate")


def test_the_f1_of_greedy_decoding_does_not_depend_on_the_decoding(finished: Path) -> None:
    weights = load_file("models/finetuned/model.safetensors")
    weights["classifier.weight"][:] = np.random.default_rng(1).standard_normal(weights["classifier.weight"].shape)
    save_file(weights, "models/finetuned/model.safetensors", metadata={"format": "pt"})
    write_hashes(Path("models/finetuned"))
    reports = []
    for decoding in ("greedy", "constrained"):
        edit(Path("params.yaml"), "decoding: greedy", f"decoding: {decoding}")
        run_stage("evaluate")
        reports.append(json.loads(Path("reports/evaluate.json").read_text())["test"])
    assert [report["greedy"]["f1"] for report in reports] == [reports[0]["overall"]["f1"]] * 2
    assert reports[1]["overall"] != reports[0]["overall"]


@pytest.mark.parametrize("stage", ["evaluate", "export"])
def test_a_model_of_another_task(finished: Path, stage: str) -> None:
    edit(Path("params.yaml"), "task: ner", "task: pos")
    run_stage("tokenize_align")
    message = error_of(stage)
    assert "models/finetuned: the model has 5 labels (O, " in message


@pytest.mark.parametrize("stage", ["evaluate", "export"])
def test_a_model_of_another_tokenizer(finished: Path, stage: str) -> None:
    word_piece(["other"]).save_pretrained("models/finetuned")
    write_hashes(Path("models/finetuned"))
    assert "data/tokenized was made by another tokenizer than models/finetuned" in error_of(stage)


@pytest.mark.parametrize("stage", ["evaluate", "export"])
def test_a_model_without_its_tokenizer(finished: Path, stage: str) -> None:
    Path("models/finetuned/tokenizer.json").unlink()
    assert "models/finetuned/tokenizer.json is missing: the stage train writes it" in error_of(stage)


@pytest.mark.parametrize("stage", ["evaluate", "export"])
def test_a_damaged_model(finished: Path, stage: str) -> None:
    Path("models/finetuned/model.safetensors").write_bytes(b"")
    write_hashes(Path("models/finetuned"))
    assert "models/finetuned: transformers can't load a token classifier" in error_of(stage)


def test_nothing_to_show(workspace: Path) -> None:
    with pytest.raises(SystemExit, match="reports/evaluate.json is missing: the stage evaluate writes it"):
        run_stage("evaluate", "--show")


def test_metrics_of_another_version(workspace: Path) -> None:
    Path("reports").mkdir()
    Path("reports/evaluate.json").write_text('{"test": {"overall": {"f1": 1}, "per_type": {}}}')
    with pytest.raises(
        SystemExit, match="reports/evaluate.json: damaged .+; expected scores as this version writes them; run"
    ):
        run_stage("evaluate", "--show")
