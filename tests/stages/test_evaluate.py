"""evaluate.py with a model and data that do not belong together."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from helpers.project import edit, error_of, run_stage
from helpers.tiny import word_piece
from safetensors.numpy import load_file, save_file

from tagline.core.provenance import write_hashes


@pytest.mark.parametrize(
    ("path", "stage"),
    [("data/tokenized", "tokenize-align"), ("models/finetuned", "train"), ("plots/validation.csv", "train")],
)
def test_missing_input_names_its_stage(finished: Path, path: str, stage: str) -> None:
    Path(path).rename("elsewhere")
    assert f"{path} is missing: the stage {stage} writes it, so run `dvc repro {stage}` first" in error_of("evaluate")


def test_word_without_a_prediction_is_an_error(finished: Path) -> None:
    report = json.loads(Path("reports/data.json").read_text())
    report["test"]["words"] += 2
    Path("reports/data.json").write_text(json.dumps(report))
    assert "data/tokenized: no prediction for 2 words; expected one for each word that reports" in error_of("evaluate")
    Path("reports/data.json").write_text("{}")
    assert "reports/data.json: damaged" in error_of("evaluate")


def test_size_of_batches_does_not_change_bytes(finished: Path) -> None:
    written = []
    for old, new in ((" 64", " 256"), (" 256", "")):
        edit(Path("params.yaml"), f"subwords_per_batch:{old}\n  precision", f"subwords_per_batch:{new}\n  precision")
        run_stage("evaluate")
        written.append(Path("data/predictions/test.parquet").read_bytes() + Path("reports/evaluate.json").read_bytes())
    assert written[0] == written[1]


def test_precision_that_the_host_lacks_is_an_error(finished: Path) -> None:
    edit(Path("params.yaml"), "precision: fp32\n  decoding", "precision: fp16\n  decoding")
    assert "evaluate.precision: fp16 is not supported on this host's cpu; expected fp32" in error_of("evaluate")


def test_f1_of_greedy_decoding_does_not_depend_on_the_decoding(finished: Path) -> None:
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
def test_model_of_another_task_is_an_error(finished: Path, stage: str) -> None:
    edit(Path("params.yaml"), "task: ner", "task: pos")
    run_stage("tokenize_align")
    message = error_of(stage)
    assert "models/finetuned: the model has 5 labels (O, " in message


@pytest.mark.parametrize("stage", ["evaluate", "export"])
def test_model_of_another_tokenizer_is_an_error(finished: Path, stage: str) -> None:
    word_piece(["other"]).save_pretrained("models/finetuned")
    write_hashes(Path("models/finetuned"))
    assert "data/tokenized was made by another tokenizer than models/finetuned" in error_of(stage)


@pytest.mark.parametrize("stage", ["evaluate", "export"])
def test_model_that_can_not_be_loaded_is_an_error(finished: Path, stage: str) -> None:
    Path("models/finetuned/model.safetensors").write_bytes(b"")
    write_hashes(Path("models/finetuned"))
    assert "models/finetuned: transformers can't load a token classifier" in error_of(stage)


def test_show_without_scores_is_an_error(workspace: Path) -> None:
    with pytest.raises(SystemExit, match="reports/evaluate.json is missing: the stage evaluate writes it"):
        run_stage("evaluate", "--show")


def test_show_of_other_scores_is_an_error(workspace: Path) -> None:
    Path("reports").mkdir()
    Path("reports/evaluate.json").write_text('{"test": {"overall": {"f1": 1}, "per_type": {}}}')
    with pytest.raises(
        SystemExit, match="reports/evaluate.json: damaged .+; expected scores as this version writes them; run"
    ):
        run_stage("evaluate", "--show")
