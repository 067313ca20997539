"""evaluate.py: all words are scored, the same with any size of batches."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from helpers.project import edit, error_of, json_of, run_stage
from safetensors.numpy import load_file, save_file

from tagline.core.provenance import write_hashes


def test_word_without_a_prediction_is_an_error(finished: Path) -> None:
    report = json_of("reports/data.json")
    report["test"]["words"] += 2
    Path("reports/data.json").write_text(json.dumps(report))
    assert "data/tokenized: no prediction for 2 words; expected one for each word that reports" in error_of("evaluate")
    Path("reports/data.json").write_text("{}")
    assert "reports/data.json: damaged" in error_of("evaluate")


def test_size_of_batches_does_not_change_bytes(finished: Path) -> None:
    files = [Path("data/predictions/test.parquet"), Path("reports/evaluate.json")]
    written = [path.read_bytes() for path in files]
    edit(Path("params.yaml"), "subwords_per_batch: 64\n  precision", "subwords_per_batch: 9\n  precision")
    run_stage("evaluate")
    assert [path.read_bytes() for path in files] == written


def test_f1_of_greedy_decoding_does_not_depend_on_the_decoding(finished: Path) -> None:
    weights = load_file("models/finetuned/model.safetensors")
    weights["classifier.weight"][:] = np.random.default_rng(1).standard_normal(weights["classifier.weight"].shape)
    save_file(weights, "models/finetuned/model.safetensors", metadata={"format": "pt"})
    write_hashes(Path("models/finetuned"))
    reports = []
    for decoding in ("greedy", "constrained"):
        edit(Path("params.yaml"), "decoding: greedy", f"decoding: {decoding}")
        run_stage("evaluate")
        reports.append(json_of("reports/evaluate.json")["test"])
    assert [report["greedy"]["f1"] for report in reports] == [reports[0]["overall"]["f1"]] * 2
    assert reports[1]["overall"] != reports[0]["overall"]
